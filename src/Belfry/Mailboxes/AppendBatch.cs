namespace Belfry.Mailboxes;

/// <summary>What one transaction of the store takes: notifications, the Kafka ranges they came from, that range's dead letters, and tasks.</summary>
/// <param name="Items">In the order in which seqs are to be given out.</param>
/// <param name="Moves">One for each Kafka partition that took part; they fail or hold together with the rows.</param>
/// <param name="DeadLetters">What could not be read or stored, kept in the same transaction.</param>
internal sealed record AppendBatch(
    IReadOnlyList<NewNotification> Items,
    IReadOnlyList<OffsetMove> Moves,
    IReadOnlyList<NewDeadLetter> DeadLetters)
{
    /// <summary>What is to become notifications later.</summary>
    public IReadOnlyList<NewTask> Tasks { get; init; } = [];

    /// <summary>How far the tasks have come that the items are the work of.</summary>
    public IReadOnlyList<TaskStep> Steps { get; init; } = [];

    /// <summary>Rows of the outbox that are done with it.</summary>
    public IReadOnlyList<OutboxKey> Rows { get; init; } = [];

    /// <summary>Ids of dead records that have become what the batch holds, and are dead no more.</summary>
    public IReadOnlyList<long> Revived { get; init; } = [];

    public static AppendBatch Of(IReadOnlyList<NewNotification> items) => new(items, [], []);
}

/// <summary>One Kafka partition as the offsets' table knows it.</summary>
/// <param name="Cluster">The cluster's id or configured name.</param>
internal sealed record PartitionKey(string Cluster, string Group, string Topic, int Partition);

/// <summary>
/// Compare and set of a partition's next offset. <paramref name="Expected"/> is what this consumer itself read or wrote last,
/// never a batch's first offset: compaction leaves holes. -1 stands for a partition of which nothing has been read yet.
/// </summary>
internal sealed record OffsetMove(PartitionKey Partition, long Expected, long Next);

/// <summary>A record that could not become a notification, with where it stood and its bytes.</summary>
internal sealed record NewDeadLetter(PartitionKey Partition, long Offset, string Reason, byte[]? Key, byte[]? Value);

/// <summary>A row of the outbox, in the order in which rows are taken: a transaction that began after another's end comes after it.</summary>
/// <param name="Transaction">The application's transaction that wrote it.</param>
/// <param name="Id">Its number; rises within a transaction.</param>
internal readonly record struct OutboxKey(ulong Transaction, long Id);

/// <summary>The store's answer for one item.</summary>
/// <param name="Seq">Its number in the mailbox; for a duplicate that of the first one.</param>
/// <param name="Generation">The mailbox's generation, which is part of its epoch.</param>
/// <param name="ReceivedAt">UTC; meaningless for a duplicate.</param>
/// <param name="Hidden">Its user has muted it: it is stored, and nobody is shown it.</param>
internal readonly record struct Appended(long Seq, bool Duplicate, int Generation, DateTime ReceivedAt, bool Hidden = false);

/// <summary>What became of a batch.</summary>
internal abstract record AppendResult
{
    /// <summary>Durably stored; one answer for each item, in the batch's order.</summary>
    internal sealed record Stored(IReadOnlyList<Appended> Answers) : AppendResult
    {
        /// <summary>One answer for each task, in the batch's order.</summary>
        public IReadOnlyList<AddedTask> Tasks { get; init; } = [];
    }

    /// <summary>Nothing was stored: the task of this step is another worker's.</summary>
    internal sealed record TaskLost(TaskStep Step) : AppendResult;

    /// <summary>Nothing was stored: another instance has taken this row out of the outbox.</summary>
    internal sealed record RowLost(OutboxKey Row) : AppendResult;

    /// <summary>Nothing was stored: another consumer has moved this partition's offset.</summary>
    internal sealed record Fenced(PartitionKey Partition) : AppendResult;

    /// <summary>Nothing was stored, and the same batch would be refused again: something in it is not storable.</summary>
    internal sealed record Refused(string Reason) : AppendResult;

    private AppendResult()
    {
    }
}
