using Microsoft.Extensions.Options;

namespace Belfry.Streaming;

/// <summary>
/// One timer for all streams: heartbeats, age limits, clients that take nothing, delivered seqs. A timer for each connection
/// would cost more memory than the rest of it.
/// </summary>
internal sealed class StreamSweep(
    Hub hub, DeliveredTracker delivered, IOptions<StreamingOptions> options, TimeProvider time) : BackgroundService
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(1);

    private readonly long _deliveredAfter = (long)(options.Value.DeliveredAfter.TotalSeconds * time.TimestampFrequency);

    /// <summary>One turn.</summary>
    internal async Task RunOnceAsync(CancellationToken ct)
    {
        var now = time.GetTimestamp();
        foreach (var stream in hub.All())
        {
            if (!stream.Sweep(now)) continue;
            stream.End(EndReason.Gone);
            stream.Abort();
        }

        await delivered.TurnAsync(now, now + _deliveredAfter, hub.Acknowledges, ct);
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Interval, time);
        try
        {
            while (await timer.WaitForNextTickAsync(stoppingToken)) await RunOnceAsync(stoppingToken);
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // The host stops.
        }
    }
}
