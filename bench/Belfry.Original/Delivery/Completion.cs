using System.Threading.Channels;
using Belfry.Mailboxes.Lanes;
using Belfry.Original.Table;
using Microsoft.Extensions.Options;
using Npgsql;

namespace Belfry.Original.Delivery;

/// <summary>
/// Sets the status of finished rows. As published, each worker does it for each row, in a transaction of its own. Repaired, a
/// row is no transaction any more, here as little as at the insert (fault 3): what the workers have finished meanwhile goes
/// into one statement, up to a claim's size. That favours the original: its cost for each row is then the lowest that its
/// data model allows.
/// </summary>
internal sealed partial class Completion(
    NotificationTable table, OriginalMetrics metrics, IOptions<OriginalOptions> options, TimeProvider time, ILogger<Completion> log)
    : BackgroundService
{
    private readonly OriginalOptions _options = options.Value;

    private readonly Channel<(Guid Id, string Status)> _finished = Channel.CreateBounded<(Guid, string)>(
        new BoundedChannelOptions(options.Value.ChannelCapacity) { SingleReader = true });

    /// <summary>As published, returns when the row is marked; repaired, when it is on its way.</summary>
    public async ValueTask FinishAsync(Guid notificationId, string status, CancellationToken ct)
    {
        metrics.Finished(status);
        if (!_options.AsPublished)
        {
            await _finished.Writer.WriteAsync((notificationId, status), ct);
            return;
        }

        try
        {
            await table.MarkAsync(notificationId, status, ct);
        }
        catch (NpgsqlException e)
        {
            // The row stays claimed, and is pushed again after its lease.
            Log.MarkFailed(log, 1, e.Message);
        }
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        var batch = new List<(Guid Id, string Status)>();
        while (await _finished.Reader.WaitToReadAsync(stoppingToken))
        {
            while (batch.Count < _options.ClaimBatch && _finished.Reader.TryRead(out var one)) batch.Add(one);
            foreach (var sameStatus in batch.GroupBy(one => one.Status, one => one.Id)) await MarkAsync([.. sameStatus], sameStatus.Key, stoppingToken);
            batch.Clear();
        }
    }

    private async Task MarkAsync(Guid[] ids, string status, CancellationToken ct)
    {
        for (var attempt = 1; ; attempt++)
        {
            try
            {
                await table.MarkAsync(ids, status, ct);
                return;
            }
            catch (NpgsqlException e)
            {
                Log.MarkFailed(log, ids.Length, e.Message);
                await Task.Delay(Backoff.After(attempt), time, ct);
            }
        }
    }

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Warning, "The status of {Rows} rows could not be set: {Reason}")]
        public static partial void MarkFailed(ILogger logger, int rows, string reason);
    }
}
