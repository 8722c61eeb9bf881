using Belfry.Mailboxes;
using Microsoft.Extensions.Options;

namespace Belfry.Cluster;

/// <summary>Writes presence, about once a second.</summary>
internal sealed class PresenceKeeper(Presence presence, StoreMonitor monitor, IOptions<ClusterOptions> options, TimeProvider time) : BackgroundService
{
    private const int Chunk = 1000;

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        try
        {
            await monitor.Opened.WaitAsync(stoppingToken);
            using var timer = new PeriodicTimer(options.Value.Heartbeat, time);
            while (await timer.WaitForNextTickAsync(stoppingToken))
            {
                try
                {
                    await presence.FlushAsync(Chunk, stoppingToken);
                }
                catch (StoreUnavailableException)
                {
                    // The monitor says so; what was not written is still on the list.
                }
            }
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // The host stops; leaving takes all of it out.
        }
    }
}
