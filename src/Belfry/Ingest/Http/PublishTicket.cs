using Belfry.Contracts;
using Belfry.Ingest.Events;
using Belfry.Mailboxes.Lanes;

namespace Belfry.Ingest.Http;

/// <summary>The accepted events of one request on their way through the lanes, and the answer that they become.</summary>
internal sealed class PublishTicket : ILaneItemOwner
{
    private readonly TaskCompletionSource _finished = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly IReadOnlyList<EventVerdict> _verdicts;
    private readonly List<LaneItem> _items = [];
    private int _left;

    public PublishTicket(IReadOnlyList<EventVerdict> verdicts)
    {
        _verdicts = verdicts;
        for (var index = 0; index < verdicts.Count; index++)
        {
            if (verdicts[index].Task is { } task) _items.Add(new LaneItem(task, this, index));
            foreach (var notification in verdicts[index].Notifications ?? []) _items.Add(new LaneItem(notification, this, index));
        }

        _left = _items.Count;
    }

    public bool IsEmpty => _items.Count == 0;

    /// <summary>Completes when the store has answered for every item.</summary>
    public Task Finished => _finished.Task;

    void ILaneItemOwner.Finished(LaneItem item)
    {
        if (Interlocked.Decrement(ref _left) == 0) _finished.TrySetResult();
    }

    /// <summary>Puts each item into the lane of its user; false when one of the lanes has no room.</summary>
    public bool TryEnter(AppendLanes lanes)
    {
        if (_items.Count == 1) return lanes.OfUser(_items[0].Route).Queue.TryAdd([_items[0]], express: false);

        // Request order within a lane: a user has one lane, so his events keep theirs.
        return _items
            .GroupBy(item => lanes.OfUser(item.Route))
            .All(lane => lane.Key.Queue.TryAdd([.. lane], express: false));
    }

    /// <summary>Takes back what no batch has taken; false when there was nothing to take back.</summary>
    public bool Withdraw()
    {
        var any = false;
        foreach (var item in _items) any |= item.TryWithdraw();
        return any;
    }

    /// <summary>The answer, in request order, once everything has finished.</summary>
    public PublishAnswer ToAnswer()
    {
        var accepted = new List<AcceptedEvent>(_items.Count);
        var rejected = new List<RejectedEvent>();
        var next = 0;
        for (var index = 0; index < _verdicts.Count; index++)
        {
            if (_verdicts[index].Problem is { } problem) rejected.Add(new RejectedEvent(index, problem));
            for (; next < _items.Count && _items[next].Index == index; next++)
            {
                var item = _items[next];
                if (item.Outcome == LaneOutcome.Stored) accepted.Add(Accepted(index, item));
                else rejected.Add(new RejectedEvent(index, Problems.InvalidPayload($"The store refuses it for {item.Route}: {item.Refusal}")));
            }
        }

        return new PublishAnswer(accepted, rejected);
    }

    private AcceptedEvent Accepted(int index, LaneItem item) => item.Content is { } content
        ? new AcceptedEvent(index, content.EventId, content.UserId, item.Answer.Seq, item.Answer.Duplicate)
        : new AcceptedEvent(index, _verdicts[index].EventId!, UserId: null, Seq: null, item.Added.Duplicate, item.Added.Id);
}
