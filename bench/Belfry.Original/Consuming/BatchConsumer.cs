using Belfry.Mailboxes.Lanes;
using Belfry.Original.Table;
using Confluent.Kafka;
using Microsoft.Extensions.Options;
using Npgsql;

namespace Belfry.Original.Consuming;

/// <summary>
/// The batch consumer: collects up to 100 events or 50 ms, then inserts them. Repaired, with one statement, and the offsets
/// are committed after it. As published, the offsets are committed first (fault 1), each row is a transaction (fault 3), and
/// the 50 ms are looked at only after a read has returned, so that the last events wait for the next one to come.
/// </summary>
internal sealed partial class BatchConsumer(
    NotificationTable table,
    KafkaRecords records,
    OriginalMetrics metrics,
    IOptions<OriginalOptions> options,
    TimeProvider time,
    ILogger<BatchConsumer> log) : BackgroundService
{
    private readonly OriginalOptions _options = options.Value;
    private readonly EventBatch _batch = new(options.Value.AsPublished);
    private long _begun;

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (!stoppingToken.IsCancellationRequested)
        {
            // Blocks its thread, as the client does: it has no other way to read.
            Collect(stoppingToken);
            if (_batch.Records >= _options.BatchSize || (_batch.Records > 0 && Waited >= _options.BatchWait)) await FlushAsync(stoppingToken);
        }
    }

    private TimeSpan Waited => time.GetElapsedTime(_begun);

    private void Collect(CancellationToken ct)
    {
        try
        {
            var record = _options.AsPublished ? records.Read(ct) : records.Read(Patience());
            if (record is null) return;

            if (_batch.Records == 0) _begun = time.GetTimestamp();
            if (!_batch.Add(record, time.GetUtcNow().UtcDateTime)) metrics.Refused();
        }
        catch (ConsumeException e) when (!e.Error.IsFatal)
        {
            Log.ReadFailed(log, e.Error.Reason);
        }
    }

    private TimeSpan Patience()
    {
        if (_batch.Records == 0) return _options.BatchWait;
        var left = _options.BatchWait - Waited;
        return left > TimeSpan.Zero ? left : TimeSpan.Zero;
    }

    private async Task FlushAsync(CancellationToken ct)
    {
        if (_options.AsPublished)
        {
            Commit();
            foreach (var row in _batch.Rows) await InsertOrLoseAsync(row, ct);
        }
        else
        {
            await InsertAsync(ct);
            Commit();
        }

        _batch.Clear();
    }

    private async Task InsertAsync(CancellationToken ct)
    {
        if (_batch.Rows.Count == 0) return;
        for (var attempt = 1; ; attempt++)
        {
            try
            {
                metrics.Inserted(await table.InsertAsync(_batch.Rows, ct));
                return;
            }
            catch (NpgsqlException e)
            {
                Log.InsertFailed(log, _batch.Rows.Count, e.Message);
                await Task.Delay(Backoff.After(attempt), time, ct);
            }
        }
    }

    private async Task InsertOrLoseAsync(NotificationRow row, CancellationToken ct)
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

    private void Commit()
    {
        try
        {
            records.Commit(_batch.Next);
        }
        catch (KafkaException e)
        {
            // What is read again is known by its id, unless it is as published.
            Log.CommitFailed(log, e.Error.Reason);
        }
    }

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Warning, "Kafka cannot be read: {Reason}")]
        public static partial void ReadFailed(ILogger logger, string reason);

        [LoggerMessage(2, LogLevel.Warning, "{Rows} rows could not be inserted: {Reason}")]
        public static partial void InsertFailed(ILogger logger, int rows, string reason);

        [LoggerMessage(3, LogLevel.Warning, "Offsets could not be committed: {Reason}")]
        public static partial void CommitFailed(ILogger logger, string reason);
    }
}
