namespace Belfry.Mailboxes;

/// <summary>
/// Where mailboxes are kept. Two implementations, PostgreSQL and SQLite, held to the same promises by the same contract
/// tests. Thread-safe. Every call throws <see cref="StoreUnavailableException"/> when the store does not answer in time;
/// for <see cref="AppendAsync"/> the outcome is then unknown and the batch must be sent again as it is.
/// </summary>
internal interface IMailboxStore
{
    /// <summary>The name of the store's history: new when it was restored, never else. Empty before the first opening.</summary>
    string Epoch { get; }

    /// <summary>The most lanes that gain anything here; null when the store does not mind.</summary>
    int? MaxLanes { get; }

    /// <summary>Rises with every change of <see cref="Epoch"/> while the process runs; open streams of before must end.</summary>
    event Action? EpochChanged;

    /// <summary>
    /// Brings the schema up to date, compares the epoch's witnesses, makes the partitions of the next days. Cheap to repeat: it
    /// is called again whenever the store comes back.
    /// </summary>
    Task OpenAsync(CancellationToken ct);

    /// <summary>One transaction: moves the offsets, gives out seqs, stores. Acknowledge only after it has returned.</summary>
    Task<AppendResult> AppendAsync(AppendBatch batch, CancellationToken ct);

    /// <summary>Which of these stored rows carry the very notification id given: they are a batch's own, from a try whose answer was lost.</summary>
    Task<IReadOnlySet<Guid>> FindOwnAsync(IReadOnlyList<(string UserId, long Seq, Guid NotificationId)> rows, CancellationToken ct);

    Task<MailboxHead> ReadHeadAsync(string userId, CancellationToken ct);

    /// <summary>
    /// The notifications after a seq, in order: at most <paramref name="maxRows"/>, and no more once their payloads have reached
    /// <paramref name="maxBytes"/>. Empty only when there is nothing after the seq.
    /// </summary>
    Task<IReadOnlyList<StoredNotification>> ReadAfterAsync(string userId, long afterSeq, int maxRows, int maxBytes, CancellationToken ct);

    /// <summary>
    /// What has been stored in the last days behind each of several places: at most <paramref name="maxRowsEach"/> of a user, and no
    /// more at all once the payloads have reached <paramref name="maxBytes"/>. For those who were up to date a moment ago.
    /// </summary>
    Task<NewPage> ReadNewAsync(IReadOnlyList<MailboxPlace> places, int maxRowsEach, int maxBytes, CancellationToken ct);

    /// <summary>Raises delivered seqs; one that is already higher stays.</summary>
    Task MoveDeliveredAsync(IReadOnlyList<Delivered> delivered, CancellationToken ct);

    /// <summary>The stored next offsets; a partition that was never seen is entered as -1.</summary>
    Task<IReadOnlyDictionary<PartitionKey, long>> ReadOffsetsAsync(IReadOnlyList<PartitionKey> partitions, CancellationToken ct);

    /// <summary>All stored offsets.</summary>
    Task<IReadOnlyList<(PartitionKey Partition, long Next)>> ListOffsetsAsync(CancellationToken ct);

    /// <summary>Sets a partition's next offset whatever it was; a consumer that holds the partition is fenced by it.</summary>
    Task SetOffsetAsync(PartitionKey partition, long next, CancellationToken ct);

    /// <summary>Dead letters that have not been relayed to the dead-letter topic, oldest first.</summary>
    Task<IReadOnlyList<StoredDeadLetter>> ReadUnrelayedAsync(int max, CancellationToken ct);

    /// <summary>Marks dead letters as relayed.</summary>
    Task MarkRelayedAsync(IReadOnlyList<NewDeadLetter> letters, CancellationToken ct);

    /// <summary>Makes partitions ahead and removes what is older than the retention time. Safe beside appends and readers.</summary>
    Task MaintainAsync(TimeSpan retention, CancellationToken ct);

    /// <summary>Rows by status, from the view <c>notification_status</c>. Reads the whole log: for reports.</summary>
    Task<IReadOnlyList<StatusCount>> CountByStatusAsync(CancellationToken ct);

    /// <summary>Gives the store a new epoch: for a backup that was restored where no witness can tell.</summary>
    Task<string> RenewEpochAsync(CancellationToken ct);

    /// <summary>Answers when the store does.</summary>
    Task PingAsync(CancellationToken ct);
}
