using Belfry.Ingest.Events;
using Belfry.Mailboxes.Lanes;

namespace Belfry.Ingest.Outbox;

/// <summary>A page of rows on its way through the lanes.</summary>
internal sealed class OutboxLoad : ILaneItemOwner
{
    /// <summary>The source of an event that names none.</summary>
    public const string Source = "outbox";

    private readonly TaskCompletionSource _finished = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly IngestMetrics _metrics;
    private readonly List<LaneItem[]> _items;
    private int _left;

    public OutboxLoad(IReadOnlyList<OutboxRow> rows, IngestMetrics metrics)
    {
        _metrics = metrics;
        _items = [.. rows.Select(ItemsOf)];
        _left = _items.Sum(items => items.Length);
    }

    /// <summary>Completes when every item is stored, kept as a dead letter, or dropped.</summary>
    public Task Finished => _finished.Task;

    /// <summary>All into one lane: a row may be for several users, and what comes after it for any of them must not overtake it.</summary>
    public async Task EnterAsync(Lane lane, CancellationToken ct)
    {
        foreach (var items in _items) await lane.Queue.AddAsync(items, ct);
    }

    void ILaneItemOwner.Finished(LaneItem item)
    {
        if (item.Outcome == LaneOutcome.Stored) _metrics.Accepted(IngestMetrics.Outbox, 1);
        if (Interlocked.Decrement(ref _left) == 0) _finished.TrySetResult();
    }

    private LaneItem[] ItemsOf(OutboxRow row)
    {
        var verdict = EventParser.ReadRecord(row.Event, new EventDefaults(Source, row.CreatedAt) { Id = row.EventId });
        if (!verdict.IsAccepted)
        {
            _metrics.Rejected(IngestMetrics.Outbox, verdict.Problem.Type);
            return [new LaneItem(this, row, EventVerdict.ReasonOf(verdict.Problem))];
        }

        if (verdict.Task is { } task) return [new LaneItem(task, this, row)];
        return [.. verdict.Notifications!.Select((notification, place) =>
            new LaneItem(notification, this, row, place, endsSource: place == verdict.Notifications!.Length - 1))];
    }
}
