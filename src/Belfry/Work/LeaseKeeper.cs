using Belfry.Mailboxes;
using Microsoft.Extensions.Options;

namespace Belfry.Work;

/// <summary>Renews leases while their tasks wait or run, and frees those that ran out.</summary>
internal sealed partial class LeaseKeeper(
    ITaskStore store, TaskBoard board, TaskWakes wakes, IOptions<WorkOptions> options, WorkMetrics metrics, TimeProvider time, ILogger<LeaseKeeper> log)
{
    private const int MaxBatch = 1000;

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
        while (true)
        {
            var (freed, dead) = await store.ReclaimAsync(MaxBatch, ct);
            if (freed == 0) return;

            metrics.Reclaimed(freed, dead);
            Log.Reclaimed(log, freed, dead);
            wakes.Wake();
            if (freed < MaxBatch) return;
        }
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
