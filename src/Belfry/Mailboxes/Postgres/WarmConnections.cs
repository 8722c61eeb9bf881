using System.Collections.Concurrent;
using System.Diagnostics.CodeAnalysis;
using Npgsql;

namespace Belfry.Mailboxes.Postgres;

/// <summary>
/// Connections for statements that follow one another without end. The driver's pool gives out the connection that has rested
/// longest, so such a stream goes round all of them, and finds plans and caches cold in each; this gives out the one that was
/// used last. At most <paramref name="keep"/> rest here; more go back to the pool, where others wait for them. Any thread.
/// </summary>
internal sealed class WarmConnections(NpgsqlDataSource pool, int keep, TimeSpan lifetime, TimeProvider time) : IAsyncDisposable
{
    private readonly ConcurrentStack<Warm> _resting = new();
    private volatile int _generation;
    private int _kept;

    /// <summary>Runs <paramref name="use"/> with a connection of its own; after a failure it is given back to the pool.</summary>
    public async Task<T> UseAsync<T>(Func<NpgsqlConnection, Task<T>> use, CancellationToken ct)
    {
        var warm = await RentAsync(ct);
        var sound = false;
        try
        {
            var result = await use(warm.Connection);
            sound = IsYoung(warm);
            return result;
        }
        finally
        {
            if (sound && Interlocked.Increment(ref _kept) <= keep)
            {
                _resting.Push(warm);
            }
            else
            {
                if (sound) Interlocked.Decrement(ref _kept);
                await warm.Connection.DisposeAsync();
            }
        }
    }

    /// <summary>Gives back what rests, and what is in use once it is not; the pool judges each for itself.</summary>
    public void GiveBack()
    {
        Interlocked.Increment(ref _generation);
        while (TryTake(out var warm)) warm.Connection.Dispose();
    }

    public async ValueTask DisposeAsync()
    {
        while (TryTake(out var warm)) await warm.Connection.DisposeAsync();
    }

    private async ValueTask<Warm> RentAsync(CancellationToken ct)
    {
        while (TryTake(out var rested))
        {
            if (IsYoung(rested)) return rested;
            await rested.Connection.DisposeAsync();
        }

        var generation = _generation;
        return new Warm(await pool.OpenConnectionAsync(ct), time.GetTimestamp(), generation);
    }

    private bool TryTake([NotNullWhen(true)] out Warm? warm)
    {
        if (!_resting.TryPop(out warm)) return false;
        Interlocked.Decrement(ref _kept);
        return true;
    }

    private bool IsYoung(Warm warm) => warm.Generation == _generation && time.GetElapsedTime(warm.Since) < lifetime;

    private sealed record Warm(NpgsqlConnection Connection, long Since, int Generation);
}
