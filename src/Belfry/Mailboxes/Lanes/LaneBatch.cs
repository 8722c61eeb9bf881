using Belfry.Contracts;

namespace Belfry.Mailboxes.Lanes;

/// <summary>The items of one batch from the first try to the answer. Used by its lane's loop alone.</summary>
internal sealed class LaneBatch
{
    private readonly HashSet<string> _wakes = [];

    // Partitions whose offset a try of ours has moved though its answer was lost: their rows go again, the move does not.
    private readonly HashSet<IKafkaLease> _moved = [];

    public LaneBatch(List<LaneItem> items) => Items = InPriorityOrder(items);

    public List<LaneItem> Items { get; private set; }

    public bool IsEmpty => Items.Count == 0;

    /// <summary>A try ended without an answer: what it carried may be stored already.</summary>
    public bool OutcomeUnknown { get; set; }

    public IReadOnlyCollection<string> Wakes => _wakes;

    public AppendBatch ToAppend()
    {
        var contents = new List<NewNotification>(Items.Count);
        var deadLetters = new List<NewDeadLetter>();
        foreach (var item in Items)
        {
            if (item.DeadLetter is { } letter) deadLetters.Add(letter);
            else contents.Add(item.Content!);
        }

        return new AppendBatch(contents, Moves(), deadLetters);
    }

    /// <summary>Lets go of what came from partitions that are no longer ours.</summary>
    public void DropLost()
    {
        if (Items.TrueForAll(i => i.Lease is null or { IsHeld: true })) return;

        foreach (var item in Items.Where(i => i.Lease is { IsHeld: false }))
        {
            if (OutcomeUnknown && item.Content is { } content) _wakes.Add(content.UserId);
            item.Drop();
        }

        Items = Items.FindAll(i => i.Lease is null or { IsHeld: true });
    }

    /// <summary>Takes the store's answers, and moves what the partitions' leases expect.</summary>
    public void Accept(IReadOnlyList<Appended> answers)
    {
        foreach (var move in LastOffsets()) move.Key.Expected = move.Value + 1;

        var next = 0;
        foreach (var item in Items)
        {
            if (item.DeadLetter is null) item.SetAnswer(answers[next++]);
        }
    }

    /// <summary>True when the stored offset is the one that our lost try was to set: it did.</summary>
    public bool TryConfirmMove(PartitionKey partition, long stored)
    {
        var (lease, last) = LastOffsets().First(m => m.Key.Partition == partition);
        return stored == last + 1 && _moved.Add(lease);
    }

    public void Fence(PartitionKey partition) => Items.First(i => i.Lease?.Partition == partition).Lease!.Fenced();

    /// <summary>The items that the store says it had before.</summary>
    public List<LaneItem> Duplicates() => Items.FindAll(i => i.DeadLetter is null && i.Answer.Duplicate);

    /// <summary>Marks those that an earlier try of this very batch has stored.</summary>
    public void Claim(IReadOnlySet<Guid> own)
    {
        foreach (var item in Items)
        {
            if (item.Content is not { } content || item.DeadLetter is not null || !own.Contains(content.NotificationId)) continue;
            item.SetAnswer(item.Answer with { Duplicate = false });
            _wakes.Add(content.UserId);
        }
    }

    /// <summary>The store will never take this item. From Kafka it becomes a dead letter; else its publisher is told.</summary>
    public void Refuse(LaneItem item, string reason)
    {
        if (item.Lease is not null)
        {
            item.TurnIntoDeadLetter(reason);
            return;
        }

        Items.Remove(item);
        item.Refuse(reason);
    }

    /// <summary>What was stored just now and has not been handed on: neither duplicates nor what the log must be asked for.</summary>
    public List<LaneItem> NewItems() =>
        Items.FindAll(i => i.DeadLetter is null && !i.Answer.Duplicate && !_wakes.Contains(i.Content!.UserId));

    private List<OffsetMove> Moves()
    {
        var moves = new List<OffsetMove>();
        foreach (var (lease, last) in LastOffsets())
        {
            if (!_moved.Contains(lease)) moves.Add(new OffsetMove(lease.Partition, lease.Expected, last + 1));
        }

        return moves;
    }

    private Dictionary<IKafkaLease, long> LastOffsets()
    {
        var last = new Dictionary<IKafkaLease, long>();
        foreach (var item in Items)
        {
            if (item.Lease is { } lease && item.Offset > last.GetValueOrDefault(lease, -1)) last[lease] = item.Offset;
        }

        return last;
    }

    /// <summary>HIGH before MEDIUM before LOW; within a priority in the order of arrival.</summary>
    private static List<LaneItem> InPriorityOrder(List<LaneItem> items)
    {
        var first = PriorityOf(items[0]);
        return items.TrueForAll(i => PriorityOf(i) == first) ? items : [.. items.OrderByDescending(PriorityOf)];

        static Priority PriorityOf(LaneItem item) => item.Content?.Priority ?? Priority.Low;
    }
}
