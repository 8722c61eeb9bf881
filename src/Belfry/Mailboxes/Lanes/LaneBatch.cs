using Belfry.Contracts;

namespace Belfry.Mailboxes.Lanes;

/// <summary>The items of one batch from the first try to the answer. Used by its lane's loop alone.</summary>
internal sealed class LaneBatch
{
    private readonly HashSet<string> _wakes = [];

    // Partitions whose offset a try of ours has moved though its answer was lost: their rows go again, the move does not.
    private readonly HashSet<IKafkaLease> _moved = [];

    // Stored one by one, because the store refused them together: only the offsets and dead letters beside them still go.
    private readonly HashSet<LaneItem> _stored = [];

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
        var tasks = new List<NewTask>();
        var steps = new List<TaskStep>();
        var rows = new List<OutboxKey>();
        foreach (var item in Items)
        {
            if (item.DeadLetter is { } letter) deadLetters.Add(letter);
            else if (item.Task is { } task) tasks.Add(task);
            else if (IsOpen(item)) contents.Add(item.Content!);
            if (item.Step is { } step) steps.Add(step);
            if (item is { Row: { } row, EndsSource: true }) rows.Add(row.Key);
        }

        return new AppendBatch(contents, Moves(), deadLetters) { Tasks = tasks, Steps = steps, Rows = rows };
    }

    /// <summary>The notifications that no try has an answer for.</summary>
    public List<LaneItem> Open() => Items.FindAll(IsOpen);

    /// <summary>Lets go of what came from partitions, rows and tasks that are no longer ours.</summary>
    public void DropLost()
    {
        if (Items.TrueForAll(IsHeld)) return;

        // Looked at once for each: whose hold ends in between is dropped in the next round.
        var lost = Items.FindAll(i => !IsHeld(i)).ToHashSet();
        foreach (var item in lost)
        {
            if (OutcomeUnknown && item.Content is { } content) _wakes.Add(content.UserId);
            item.Drop();
        }

        Items = Items.FindAll(i => !lost.Contains(i));
    }

    /// <summary>Takes the store's answers, and moves what the partitions' leases expect.</summary>
    public void Accept(AppendResult.Stored stored)
    {
        foreach (var (lease, next) in NextOffsets()) lease.Expected = next;

        int place = 0, task = 0;
        foreach (var item in Items)
        {
            if (item is { Task: not null, DeadLetter: null }) item.SetAdded(OwnOf(stored.Tasks[task++]));
            else if (IsOpen(item)) item.SetAnswer(stored.Answers[place++]);
        }

        // After a lost answer the queue may have a task from that very try.
        AddedTask OwnOf(AddedTask added) => OutcomeUnknown ? added with { Duplicate = false } : added;
    }

    /// <summary>Takes the store's answer for one item that was sent alone.</summary>
    public void Accept(LaneItem item, Appended answer)
    {
        item.SetAnswer(answer);
        _stored.Add(item);
    }

    /// <summary>True when the stored offset is the one that our lost try was to set: it did.</summary>
    public bool TryConfirmMove(PartitionKey partition, long stored)
    {
        var (lease, next) = NextOffsets().First(m => m.Key.Partition == partition);
        return stored == next && _moved.Add(lease);
    }

    public void LoseTask(TaskStep step) => Items.First(i => i.Step == step).Hold!.Lose();

    public void LoseRow(OutboxKey row) => Items.First(i => i.Row?.Key == row).Row!.Page.Lose();

    public void Fence(PartitionKey partition) => Items.First(i => i.Lease?.Partition == partition).Lease!.Fenced();

    /// <summary>The items that the store says it had before.</summary>
    public List<LaneItem> Duplicates() => Items.FindAll(i => i is { DeadLetter: null, Task: null, Answer.Duplicate: true });

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

    /// <summary>The store will never take this item. What has a source becomes a dead letter; else its publisher is told.</summary>
    public void Refuse(LaneItem item, string reason)
    {
        if (item.Source is not null)
        {
            item.TurnIntoDeadLetter(reason);
            return;
        }

        Items.Remove(item);
        item.Refuse(reason);
    }

    /// <summary>What was stored just now and has not been handed on: neither duplicates nor what the log must be asked for.</summary>
    public List<LaneItem> NewItems() =>
        Items.FindAll(i => i is { DeadLetter: null, Task: null, Answer.Duplicate: false } && !_wakes.Contains(i.Content!.UserId));

    /// <summary>Whether a task has come into the queue.</summary>
    public bool HasNewTasks() => Items.Exists(i => i is { DeadLetter: null, Task: not null, Added.Duplicate: false });

    private static bool IsHeld(LaneItem item) => item.Source is null or { IsHeld: true } && item.Hold is null or { IsHeld: true };

    private bool IsOpen(LaneItem item) => item is { DeadLetter: null, Task: null } && !_stored.Contains(item);

    private List<OffsetMove> Moves()
    {
        var moves = new List<OffsetMove>();
        foreach (var (lease, next) in NextOffsets())
        {
            if (!_moved.Contains(lease)) moves.Add(new OffsetMove(lease.Partition, lease.Expected, next));
        }

        return moves;
    }

    /// <summary>
    /// Where each partition stands after this batch. The end of a record that began in an earlier batch counts, its beginning does
    /// not: a batch with nothing else moves the offset to where it is, which still finds out whether the partition is ours.
    /// </summary>
    private Dictionary<IKafkaLease, long> NextOffsets()
    {
        var next = new Dictionary<IKafkaLease, long>();
        foreach (var item in Items)
        {
            if (item is not { Record: { } record, EndsSource: true }) continue;
            if (!next.TryGetValue(record.Lease, out var known) || known <= record.Offset) next[record.Lease] = record.Offset + 1;
        }

        foreach (var item in Items)
        {
            if (item is { Lease: { } lease, EndsSource: false }) next.TryAdd(lease, lease.Expected);
        }

        return next;
    }

    /// <summary>HIGH before MEDIUM before LOW; within a priority in the order of arrival.</summary>
    private static List<LaneItem> InPriorityOrder(List<LaneItem> items)
    {
        var first = PriorityOf(items[0]);
        return items.TrueForAll(i => PriorityOf(i) == first) ? items : [.. items.OrderByDescending(PriorityOf)];

        static Priority PriorityOf(LaneItem item) => item.Content?.Priority ?? item.Task?.Priority ?? Priority.Low;
    }
}
