using Belfry.Original.Table;
using Microsoft.Extensions.Options;
using Npgsql;

namespace Belfry.Original.Delivery;

/// <summary>Gives back the rows of those who died, or were too slow.</summary>
internal sealed partial class ReclaimLoop(
    NotificationTable table, OriginalMetrics metrics, IOptions<OriginalOptions> options, TimeProvider time, ILogger<ReclaimLoop> log)
    : BackgroundService
{
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(options.Value.ReclaimInterval, time);
        while (await timer.WaitForNextTickAsync(stoppingToken))
        {
            try
            {
                var rows = await table.ReclaimAsync(stoppingToken);
                if (rows > 0) Log.Reclaimed(log, rows);
                metrics.Reclaimed(rows);
            }
            catch (NpgsqlException e)
            {
                Log.ReclaimFailed(log, e.Message);
            }
        }
    }

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Information, "{Rows} rows were given back: their lease had run out")]
        public static partial void Reclaimed(ILogger logger, int rows);

        [LoggerMessage(2, LogLevel.Warning, "The reclaim failed: {Reason}")]
        public static partial void ReclaimFailed(ILogger logger, string reason);
    }
}
