namespace Belfry.Mailboxes.Lanes;

/// <summary>One thing on its way through a lane: a notification, a task that will make some, or a source that could become neither.</summary>
internal sealed class LaneItem
{
    private const int Waiting = 0;
    private const int Taken = 1;
    private const int Withdrawn = 2;

    private readonly ILaneItemOwner _owner;
    private int _state;

    public LaneItem(NewNotification content, ILaneItemOwner owner, int index)
    {
        Content = content;
        _owner = owner;
        Index = index;
        Size = content.Size;
    }

    /// <param name="place">The item's place among those of its source, from 0.</param>
    /// <param name="endsSource">Whether it is the last of them.</param>
    public LaneItem(NewNotification content, ILaneItemOwner owner, LaneSource source, int place, bool endsSource)
        : this(content, owner, place)
    {
        Source = source;
        EndsSource = endsSource;
        if (place == 0) Size += source.Size;
    }

    /// <param name="hold">The task whose work it is.</param>
    /// <param name="step">How far the task has come once this item is stored; null for all but the last of a step's items.</param>
    public LaneItem(NewNotification content, ILaneItemOwner owner, int index, TaskHold hold, TaskStep? step)
        : this(content, owner, index)
    {
        Hold = hold;
        Step = step;
    }

    public LaneItem(NewTask task, ILaneItemOwner owner, int index)
    {
        Task = task;
        _owner = owner;
        Index = index;
        Size = task.Size;
    }

    public LaneItem(NewTask task, ILaneItemOwner owner, LaneSource source)
        : this(task, owner, index: 0)
    {
        Source = source;
        EndsSource = true;
        Size += source.Size;
    }

    /// <param name="reason">Why the source cannot become a notification.</param>
    public LaneItem(ILaneItemOwner owner, LaneSource source, string reason)
    {
        _owner = owner;
        Source = source;
        EndsSource = true;
        DeadLetter = source.ToDeadLetter(reason);
        Size = 300 + source.Size;
    }

    /// <summary>Null for a task, and for a source that never was a notification.</summary>
    public NewNotification? Content { get; }

    /// <summary>What is to become notifications later; null for what is one now.</summary>
    public NewTask? Task { get; }

    /// <summary>What chooses its lane.</summary>
    public string Route => Content?.UserId ?? Task?.Route ?? "";

    public TaskHold? Hold { get; }

    public TaskStep? Step { get; }

    public NewDeadLetter? DeadLetter { get; private set; }

    /// <summary>Null for what somebody waits for.</summary>
    public LaneSource? Source { get; }

    /// <summary>Whether the source is done once this item is stored.</summary>
    public bool EndsSource { get; }

    /// <summary>Null for what did not come from Kafka.</summary>
    public LaneRecord? Record => Source as LaneRecord;

    /// <summary>Null for what did not come from the outbox.</summary>
    public OutboxRow? Row => Source as OutboxRow;

    /// <summary>The consumer's hold on the partition it came from; null for what did not come from Kafka.</summary>
    public IKafkaLease? Lease => Record?.Lease;

    /// <summary>Its place among its owner's items.</summary>
    public int Index { get; }

    public int Size { get; }

    /// <summary>The store's answer, once it has stored the item.</summary>
    public Appended Answer { get; private set; }

    /// <summary>The store's answer for a task.</summary>
    public AddedTask Added { get; private set; }

    public LaneOutcome Outcome { get; private set; }

    /// <summary>Why the store would not take it.</summary>
    public string? Refusal { get; private set; }

    /// <summary>Takes an item out that no batch has taken yet; true: it is certain that it will not be stored.</summary>
    public bool TryWithdraw() => Interlocked.CompareExchange(ref _state, Withdrawn, Waiting) == Waiting;

    /// <summary>Claims an item for a batch; false when its owner has withdrawn it.</summary>
    public bool TryTake() => Interlocked.CompareExchange(ref _state, Taken, Waiting) == Waiting;

    public void SetAnswer(Appended answer) => Answer = answer;

    public void SetAdded(AddedTask added) => Added = added;

    public void Complete() => Finish(DeadLetter is null ? LaneOutcome.Stored : LaneOutcome.DeadLettered);

    /// <summary>The source or the task is another instance's, which does this itself.</summary>
    public void Drop() => Finish(LaneOutcome.Dropped);

    public void Refuse(string reason)
    {
        Refusal = reason;
        Finish(LaneOutcome.Refused);
    }

    /// <summary>The store refused what nobody waits for an answer to: it is kept as a dead letter.</summary>
    public void TurnIntoDeadLetter(string reason) => DeadLetter = Source!.ToDeadLetter(reason);

    private void Finish(LaneOutcome outcome)
    {
        Outcome = outcome;
        _owner.Finished(this);
    }
}

/// <summary>What became of a lane's item.</summary>
internal enum LaneOutcome
{
    /// <summary>It is on its way.</summary>
    Pending,

    /// <summary>It is in the mailbox.</summary>
    Stored,

    /// <summary>It is kept as a dead letter.</summary>
    DeadLettered,

    /// <summary>The store would never take it.</summary>
    Refused,

    /// <summary>Not stored by this instance: another one has its partition, its row or its task.</summary>
    Dropped,
}

/// <summary>Who put an item into a lane and wants to know what became of it. Called once for each item, from the lane's loop: must not block.</summary>
internal interface ILaneItemOwner
{
    void Finished(LaneItem item);
}
