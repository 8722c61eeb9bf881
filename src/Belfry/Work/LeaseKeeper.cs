using Belfry.Mailboxes;
using Microsoft.Extensions.Options;

namespace Belfry.Work;

/// <summary>Renews leases while their tasks wait or run, and frees those that ran out.</summary>
internal sealed partial class LeaseKeeper(
    ITaskStore store, TaskBoard board, TaskWakes wakes, IOptions<WorkOptions> options, WorkMetrics metrics, TimeProvider time, ILogger<LeaseKeeper> log)
{
    private const int MaxBatch = 1000;

    // A lease that ran out has been looked for at each interval since; a claim's transaction may come a statement's timeout later.
    private readonly TimeSpan _recent = TimeSpan.FromMinutes(1) + (2 * options.Value.ReclaimInterval);
    private readonly SweepPace _sweeps = new(10 * options.Value.ReclaimInterval, time);
    private readonly TimeSpan _lease = options.Value.Lease;

    public Task RunAsync(CancellationToken ct) => Task.WhenAll(
        EveryAsync(_lease / 6, RenewAsync, ct),
        EveryAsync(options.Value.ReclaimInterval, ReclaimAsync, ct));

    /// <summary>Renews what is older than a third of a lease: what ends sooner never costs a renewal.</summary>
    internal async Task RenewAsync(CancellationToken ct)
    {
        foreach (var tasks in board.Held.Where(held => held.LeaseAge > _lease / 3).Chunk(MaxBatch))
        {
            var asked = time.GetTimestamp();
            var kept = await store.RenewAsync([.. tasks.Select(held => held.Task.Ref)], _lease, ct);
            foreach (var held in tasks)
            {
                if (kept.Contains(held.Task.Id)) held.Renewed(asked);
                else held.Lose();
            }
        }
    }

    internal async Task ReclaimAsync(CancellationToken ct)
    {
        var sweep = _sweeps.TryBegin();
        try
        {
            while (await ReclaimPageAsync(sweep, ct) == MaxBatch)
            {
            }
        }
        catch (StoreUnavailableException)
        {
            // It may stay away for longer than what is recent.
            _sweeps.Reset();
            throw;
        }
    }

    private async Task<int> ReclaimPageAsync(bool sweep, CancellationToken ct)
    {
        var began = time.GetTimestamp();
        var (freed, dead) = await store.ReclaimAsync(MaxBatch, sweep ? null : _recent, ct);
        if (sweep) _sweeps.Ended(time.GetElapsedTime(began));
        if (freed == 0) return 0;

        metrics.Reclaimed(freed, dead);
        Log.Reclaimed(log, freed, dead);
        wakes.Wake();
        return freed;
    }

    private async Task EveryAsync(TimeSpan interval, Func<CancellationToken, Task> work, CancellationToken ct)
    {
        using var timer = new PeriodicTimer(interval, time);
        try
        {
            while (await timer.WaitForNextTickAsync(ct))
            {
                try
                {
                    await work(ct);
                }
                catch (StoreUnavailableException)
                {
                    // The store's monitor says so; the next turn tries again.
                }

                LoseExpired();
            }
        }
        catch (OperationCanceledException) when (ct.IsCancellationRequested)
        {
            // The host stops.
        }
    }

    /// <summary>What could not be renewed in time is somebody else's by now.</summary>
    private void LoseExpired()
    {
        foreach (var held in board.Held)
        {
            if (held.LeaseAge > _lease) held.Lose();
        }
    }

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Warning, "{Count} leases had run out: their tasks are free again, and {Dead} are dead letters")]
        public static partial void Reclaimed(ILogger logger, int count, int dead);
    }
}
