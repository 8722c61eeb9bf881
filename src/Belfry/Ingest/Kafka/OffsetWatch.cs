using Belfry.Mailboxes;

namespace Belfry.Ingest.Kafka;

/// <summary>
/// Looks whether somebody has set a partition's position in the store (<c>belfry offsets</c>). A partition with traffic finds out
/// with its next batch; this is for one without.
/// </summary>
internal sealed class OffsetWatch(LaneSink sink, IMailboxStore store, StoreMonitor monitor, TimeProvider time) : BackgroundService
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(5);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        try
        {
            await monitor.Opened.WaitAsync(stoppingToken);
            using var timer = new PeriodicTimer(Interval, time);
            while (await timer.WaitForNextTickAsync(stoppingToken)) await RunOnceAsync(stoppingToken);
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // The host stops.
        }
    }

    internal async Task RunOnceAsync(CancellationToken ct)
    {
        // Between the two looks nothing of a partition may have been on its way: its own batches move the position too.
        var idle = sink.Leases.Where(lease => lease.IsIdle).Select(lease => (Lease: lease, lease.Expected)).ToList();
        if (idle.Count == 0) return;
        try
        {
            var stored = await store.ReadOffsetsAsync([.. idle.Select(i => i.Lease.Key)], ct);
            foreach (var (lease, expected) in idle)
            {
                if (stored[lease.Key] != expected && lease.IsIdle && lease.Expected == expected) lease.Fenced();
            }
        }
        catch (StoreUnavailableException)
        {
            // The store's monitor says so; the next look is soon.
        }
    }
}
