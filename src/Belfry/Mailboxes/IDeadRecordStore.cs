namespace Belfry.Mailboxes;

/// <summary>
/// The records, of Kafka and of the outbox, that could not become notifications. Two implementations, held to the same promises
/// by the same contract tests. Thread-safe; throws <see cref="StoreUnavailableException"/> like every store.
/// </summary>
internal interface IDeadRecordStore
{
    /// <summary>Without their keys and values, newest first.</summary>
    /// <param name="before">Those behind it; null: from the newest.</param>
    Task<IReadOnlyList<DeadRecord>> ListAsync(int max, DeadPlace? before, CancellationToken ct);

    /// <summary>Null: there is none with this id.</summary>
    Task<DeadRecord?> FindAsync(long id, CancellationToken ct);

    /// <summary>Those that stood at a position, of whichever cluster and group.</summary>
    Task<IReadOnlyList<DeadRecord>> FindAtAsync(string topic, int partition, long offset, CancellationToken ct);

    /// <summary>Forgets them; answers which of them there were.</summary>
    Task<IReadOnlySet<long>> DropAsync(IReadOnlyList<long> ids, CancellationToken ct);
}

/// <summary>A record among the dead letters.</summary>
/// <param name="ReceivedAt">When it was read, UTC.</param>
/// <param name="Relayed">Whether it has been copied to the dead-letter topic.</param>
/// <param name="Size">The value's bytes.</param>
/// <param name="Key">Null in a list too.</param>
/// <param name="Value">Null in a list too.</param>
internal sealed record DeadRecord(
    long Id, PartitionKey Partition, long Offset, string Reason, DateTime ReceivedAt, bool Relayed, int Size, byte[]? Key, byte[]? Value);
