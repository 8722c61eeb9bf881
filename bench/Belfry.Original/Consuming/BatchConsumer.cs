using Belfry.Mailboxes.Lanes;
using Belfry.Original.Table;
using Microsoft.Extensions.Options;
using Npgsql;

namespace Belfry.Original.Consuming;

/// <summary>
/// The batch consumer: collects up to 100 events or 50 ms, then inserts them. Repaired, with one statement, and the offsets
/// count as done after it. As published, the offsets are done first (fault 1), each row is a transaction (fault 3), and
/// the 50 ms are looked at only after a read has returned, so that the last events wait for the next one to come.
/// </summary>
internal sealed partial class BatchConsumer(
    NotificationTable table,
    RecordQueue queue,
    OriginalMetrics metrics,
    IOptions<OriginalOptions> options,
    TimeProvider time,
    ILogger<BatchConsumer> log) : BackgroundService
{
    private readonly OriginalOptions _options = options.Value;
    private readonly EventBatch _batch = new(options.Value.AsPublished);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (true)
        {
            if (_options.AsPublished) await CollectAsPublishedAsync(stoppingToken);
            else await CollectAsync(stoppingToken);

            if (_options.AsPublished) await LoseOrInsertAsync(stoppingToken);
            else await InsertAsync(stoppingToken);
            _batch.Finish();
        }
    }

    private async Task CollectAsync(CancellationToken ct)
    {
        Add(await queue.Reader.ReadAsync(ct));
        using var wait = new CancellationTokenSource(_options.BatchWait, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(ct, wait.Token);
        try
        {
            while (_batch.Records < _options.BatchSize) Add(await queue.Reader.ReadAsync(either.Token));
        }
        catch (OperationCanceledException) when (!ct.IsCancellationRequested)
        {
            // The time is up.
        }
    }

    private async Task CollectAsPublishedAsync(CancellationToken ct)
    {
        Add(await queue.Reader.ReadAsync(ct));
        var begun = time.GetTimestamp();
        while (_batch.Records < _options.BatchSize && time.GetElapsedTime(begun) < _options.BatchWait) Add(await queue.Reader.ReadAsync(ct));
    }

    private void Add(QueuedRecord record)
    {
        if (!_batch.Add(record, time.GetUtcNow().UtcDateTime)) metrics.Refused();
    }

    private async Task InsertAsync(CancellationToken ct)
    {
        for (var attempt = 1; _batch.Rows.Count > 0; attempt++)
        {
            try
            {
                metrics.Inserted(await table.InsertAsync(_batch.Rows, ct));
                break;
            }
            catch (NpgsqlException e)
            {
                Log.InsertFailed(log, _batch.Rows.Count, e.Message);
                await Task.Delay(Backoff.After(attempt), time, ct);
            }
        }

        _batch.MarkDone();
    }

    private async Task LoseOrInsertAsync(CancellationToken ct)
    {
        _batch.MarkDone();
        foreach (var row in _batch.Rows)
        {
            try
            {
                await table.InsertAsync(row, ct);
                metrics.Inserted(1);
            }
            catch (NpgsqlException e)
            {
                metrics.Lost();
                Log.InsertFailed(log, 1, e.Message);
            }
        }
    }

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Warning, "{Rows} rows could not be inserted: {Reason}")]
        public static partial void InsertFailed(ILogger logger, int rows, string reason);
    }
}
