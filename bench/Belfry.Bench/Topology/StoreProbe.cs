using Belfry.Bench.Checker;

namespace Belfry.Bench.Topology;

/// <summary>Looks into the tables of a pipeline, from outside.</summary>
internal abstract class StoreProbe : IAsyncDisposable
{
    /// <summary>The server and its version.</summary>
    public abstract Task<string> ReadVersionAsync(CancellationToken ct);

    /// <summary>How many rows the run's users have.</summary>
    public abstract Task<long> CountAsync(UserSet users, CancellationToken ct);

    /// <summary>Every row of the run's users.</summary>
    public abstract Task ReadAsync(UserSet users, StoredLog log, CancellationToken ct);

    /// <summary>How many of the run's notifications have which status.</summary>
    public abstract Task<IReadOnlyDictionary<string, long>> ReadStatusAsync(UserSet users, CancellationToken ct);

    /// <summary>What the store as a whole has grown to.</summary>
    public abstract Task<StoreFigures> ReadFiguresAsync(CancellationToken ct);

    /// <summary>For each partition of the topic the offset up to which it has been stored; null when the store does not keep that.</summary>
    public virtual Task<IReadOnlyDictionary<int, long>?> ReadOffsetsAsync(string topic, CancellationToken ct) =>
        Task.FromResult<IReadOnlyDictionary<int, long>?>(null);

    public abstract ValueTask DisposeAsync();
}

/// <summary>How big a store is, and what it has written.</summary>
/// <param name="DeadTuples">Row versions that wait for vacuum.</param>
/// <param name="WalBytes">Position in the write-ahead log: only a difference means something.</param>
/// <param name="Bytes">Size of the database.</param>
internal readonly record struct StoreFigures(long DeadTuples, long WalBytes, long Bytes);
