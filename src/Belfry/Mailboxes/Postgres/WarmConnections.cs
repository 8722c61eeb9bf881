using System.Collections.Concurrent;
using Npgsql;

namespace Belfry.Mailboxes.Postgres;

/// <summary>
/// Connections for statements that follow one another without end. The driver's pool gives out the connection that has rested
/// longest, so such a stream goes round all of them, and finds plans and caches cold in each; this gives out the one that was
/// used last. Any thread.
/// </summary>
internal sealed class WarmConnections(NpgsqlDataSource pool, TimeSpan lifetime, TimeProvider time) : IAsyncDisposable
{
    // So few are in use at once: one for each lane that is in the middle of a batch.
    private readonly ConcurrentStack<Warm> _resting = new();
    private volatile int _generation;

    /// <summary>Runs <paramref name="use"/> with a connection of its own; after a failure it is given back to the pool.</summary>
    public async Task<T> UseAsync<T>(Func<NpgsqlConnection, Task<T>> use, CancellationToken ct)
    {
        var warm = await RentAsync(ct);
        var keep = false;
        try
        {
            var result = await use(warm.Connection);
            keep = IsYoung(warm);
            return result;
        }
        finally
        {
            if (keep) _resting.Push(warm);
            else await warm.Connection.DisposeAsync();
        }
    }

    /// <summary>Uses none of the present connections again.</summary>
    public void Clear()
    {
        Interlocked.Increment(ref _generation);
        while (_resting.TryPop(out var warm)) warm.Connection.Dispose();
        pool.Clear();
    }

    public async ValueTask DisposeAsync()
    {
        while (_resting.TryPop(out var warm)) await warm.Connection.DisposeAsync();
    }

    private async ValueTask<Warm> RentAsync(CancellationToken ct)
    {
        while (_resting.TryPop(out var rested))
        {
            if (IsYoung(rested)) return rested;
            await rested.Connection.DisposeAsync();
        }

        var generation = _generation;
        return new Warm(await pool.OpenConnectionAsync(ct), time.GetTimestamp(), generation);
    }

    private bool IsYoung(Warm warm) => warm.Generation == _generation && time.GetElapsedTime(warm.Since) < lifetime;

    private sealed record Warm(NpgsqlConnection Connection, long Since, int Generation);
}
