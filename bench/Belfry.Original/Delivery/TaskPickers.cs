using Belfry.Original.Table;
using Microsoft.Extensions.Options;
using Npgsql;

namespace Belfry.Original.Delivery;

/// <summary>The task pickers: each claims rows at its own tick and puts them into the channel.</summary>
internal sealed partial class TaskPickers(
    NotificationTable table,
    ClaimedRows rows,
    InstanceId instance,
    OriginalMetrics metrics,
    IOptions<OriginalOptions> options,
    TimeProvider time,
    ILogger<TaskPickers> log) : BackgroundService
{
    private readonly OriginalOptions _options = options.Value;

    /// <summary>One tick of one picker; the answer is how many rows it got.</summary>
    public async Task<int> PickAsync(CancellationToken ct)
    {
        var claimed = await table.ClaimAsync(instance.Value, _options.Lease, _options.ClaimBatch, ct);
        metrics.Claimed(claimed.Count);
        foreach (var row in claimed) await rows.Writer.WriteAsync(row, ct);
        return claimed.Count;
    }

    protected override Task ExecuteAsync(CancellationToken stoppingToken) =>
        Task.WhenAll(Enumerable.Range(0, _options.Pickers).Select(_ => RunAsync(stoppingToken)));

    private async Task RunAsync(CancellationToken ct)
    {
        using var timer = new PeriodicTimer(_options.PollInterval, time);
        while (await timer.WaitForNextTickAsync(ct))
        {
            try
            {
                await PickAsync(ct);
            }
            catch (NpgsqlException e)
            {
                Log.ClaimFailed(log, e.Message);
            }
        }
    }

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Warning, "A claim failed: {Reason}")]
        public static partial void ClaimFailed(ILogger logger, string reason);
    }
}
