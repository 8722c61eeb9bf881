using Belfry.Cluster;
using Belfry.Mailboxes;
using Belfry.Mailboxes.Lanes;
using Belfry.Mailboxes.Postgres;
using Belfry.Work;
using Microsoft.Extensions.Options;

namespace Belfry.Ingest.Outbox;

/// <summary>
/// Takes what applications have committed to the outbox into the mailboxes, in the order in which one thing can have caused
/// another. A row leaves the outbox in the transaction that stores its event, so it is stored exactly once whoever else reads,
/// and whatever dies. One instance has the duty, so that the others need not look.
/// </summary>
internal sealed partial class OutboxReader(
    PostgresOutbox outbox, StoreMonitor monitor, Members members, AppendLanes lanes, IOptions<WorkOptions> options, IngestMetrics metrics, TimeProvider time,
    ILogger<OutboxReader> log) : BackgroundService
{
    private const int MaxRows = 1000;
    private const long MaxBytes = 8 * 1024 * 1024;

    // Everything that this snapshot sees has been taken.
    private string _done = PostgresOutbox.Beginning;

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        try
        {
            await monitor.Opened.WaitAsync(stoppingToken);
            while (true)
            {
                if (!members.Owns(Duties.Outbox) || !await TryPassAsync(stoppingToken)) await Task.Delay(options.Value.PollInterval, time, stoppingToken);
            }
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // What no batch has taken is in the outbox, and read again by whoever comes next.
        }
    }

    /// <summary>Takes what has been committed until now; false: there was nothing, or it is not to be had yet.</summary>
    internal async Task<bool> TryPassAsync(CancellationToken ct)
    {
        try
        {
            var until = await outbox.TakeSnapshotAsync(ct);
            if (until == _done) return false;

            var any = false;
            for (var last = default(OutboxKey); ;)
            {
                var rows = await outbox.ReadAsync(_done, until, last, MaxRows, MaxBytes, ct);
                if (rows.Count == 0) break;
                if (!await StoreAsync(rows, ct)) return false;
                last = rows[^1].Key;
                any = true;
            }

            _done = until;
            return any;
        }
        catch (StoreUnavailableException)
        {
            // The monitor says so. It may come back as another server, which counts transactions anew.
            _done = PostgresOutbox.Beginning;
            return false;
        }
    }

    /// <summary>Waits until the lanes have stored the rows; false: another instance has taken some of them.</summary>
    private async Task<bool> StoreAsync(IReadOnlyList<OutboxRow> rows, CancellationToken ct)
    {
        var load = new OutboxLoad(rows, metrics);
        try
        {
            await load.EnterAsync(lanes.Background, ct);
            await load.Finished.WaitAsync(ct);
        }
        catch (OperationCanceledException)
        {
            rows[0].Page.Lose();
            throw;
        }

        if (rows[0].Page.IsHeld) return true;
        Log.Lost(log, rows.Count);
        return false;
    }

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Debug, "Another instance has taken some of {Count} rows of the outbox; the rest is read again")]
        public static partial void Lost(ILogger logger, int count);
    }
}
