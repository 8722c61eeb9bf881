namespace Belfry.Mailboxes;

/// <summary>
/// What an operator wants to know of the store itself. Each call is bounded in what it reads, however large the log is; it
/// throws <see cref="StoreUnavailableException"/> when the store does not answer in time.
/// </summary>
internal interface IStoreFacts
{
    /// <summary>The product's name.</summary>
    string Product { get; }

    /// <summary>Notifications by status: counted while the log is small, else estimated from a sample of it.</summary>
    Task<StatusShares> ReadStatusAsync(CancellationToken ct);

    Task<StoreSize> ReadSizeAsync(CancellationToken ct);
}

/// <summary>Notifications by their status.</summary>
/// <param name="Counts">From the view <c>notification_status</c>.</param>
/// <param name="SampledRows">From how many rows it was estimated; null when all were counted.</param>
internal sealed record StatusShares(IReadOnlyList<StatusCount> Counts, long? SampledRows)
{
    /// <summary>What a sample says about the whole.</summary>
    public static StatusShares Estimated(IReadOnlyList<StatusCount> sample, double total)
    {
        var rows = sample.Sum(s => s.Count);
        return new StatusShares([.. sample.Select(s => new StatusCount(s.Status, (long)Math.Round(total * s.Count / Math.Max(1, rows))))], rows);
    }
}

/// <summary>What the store takes of its disk and of its server.</summary>
/// <param name="Bytes">All of the database.</param>
/// <param name="Tables">Largest first. Empty where the store does not tell.</param>
/// <param name="Connections">Of all programs; null without a server.</param>
/// <param name="LongestTransaction">How long the oldest open transaction of any program has been open; it keeps dead rows alive.</param>
internal sealed record StoreSize(
    long Bytes, IReadOnlyList<TableSize> Tables, long? Connections, long? MaxConnections, TimeSpan? LongestTransaction);

/// <summary>A table, with all its partitions and indexes.</summary>
/// <param name="Rows">The server's own estimate.</param>
/// <param name="DeadRows">Versions that a vacuum has not removed yet.</param>
internal sealed record TableSize(string Name, long Bytes, long Rows, long DeadRows);
