namespace Belfry.Mailboxes.Lanes;

/// <summary>
/// One pipeline of appends. It has one batch in flight; what arrives meanwhile is the next batch. A batch is tried until the
/// store has answered: nothing leaves a lane unless it is stored, refused for good, or another consumer's.
/// </summary>
internal sealed partial class Lane
{
    private const long MaxBatchBytes = 8_000_000;

    private readonly IMailboxStore _store;
    private readonly IStoredBatchListener[] _listeners;
    private readonly LanesOptions _options;
    private readonly LaneMetrics _metrics;
    private readonly TimeProvider _time;
    private readonly ILogger _log;

    public Lane(
        int number, IMailboxStore store, IStoredBatchListener[] listeners, LanesOptions options, LaneMetrics metrics,
        TimeProvider time, ILogger log)
    {
        Number = number;
        _store = store;
        _listeners = listeners;
        _options = options;
        _metrics = metrics;
        _time = time;
        _log = log;
        Queue = new LaneQueue(options.QueueItems, options.QueueBytes, time);
    }

    public int Number { get; }

    public LaneQueue Queue { get; }

    /// <summary>Runs until the queue is complete and drained, or the token says that there is no more time.</summary>
    public async Task RunAsync(CancellationToken ct)
    {
        while (true)
        {
            var items = await Queue.TakeAsync(_options.MaxBatch, MaxBatchBytes, _options.MaxWait, ct);
            if (items.Count == 0) return;
            await StoreAsync(items, ct);
        }
    }

    /// <summary>Stores one batch, however long that takes.</summary>
    internal async Task StoreAsync(List<LaneItem> items, CancellationToken ct)
    {
        var batch = new LaneBatch(items);
        var started = _time.GetTimestamp();
        for (var attempt = 1; ; attempt++)
        {
            batch.DropLost();
            if (batch.IsEmpty) break;

            try
            {
                if (await TryStoreAsync(batch, ct)) break;
                continue;
            }
            catch (StoreUnavailableException e)
            {
                // One warning an edge; the store's monitor says when it is back.
                if (attempt == 1) Log.Retrying(_log, Number, batch.Items.Count, e.Message);
            }
            catch (Exception e) when (!ct.IsCancellationRequested)
            {
                // Not foreseen. A lane that ended here would leave its users without a way in, and nobody would know.
                Log.Failed(_log, Number, batch.Items.Count, e);
            }

            batch.OutcomeUnknown = true;
            _metrics.Retried();
            await Task.Delay(Backoff.After(attempt), _time, ct);
        }

        _metrics.Stored(batch.Items, _time.GetElapsedTime(started));
        await HandOverAsync(batch, ct);
    }

    /// <summary>One try; false: something was learned, and the rest is to be tried again at once.</summary>
    private async Task<bool> TryStoreAsync(LaneBatch batch, CancellationToken ct)
    {
        switch (await _store.AppendAsync(batch.ToAppend(), ct))
        {
            case AppendResult.Stored stored:
                batch.Accept(stored);
                if (batch.OutcomeUnknown) await ClaimOwnAsync(batch, ct);
                return true;

            case AppendResult.Fenced fenced:
                await ResolveFenceAsync(batch, fenced.Partition, ct);
                return false;

            case AppendResult.TaskLost lost:
                batch.LoseTask(lost.Step);
                return false;

            case AppendResult.RowLost lost:
                batch.LoseRow(lost.Row);
                return false;

            case AppendResult.Refused refused:
                Log.Refused(_log, Number, batch.Items.Count, refused.Reason);
                await IsolateAsync(batch, refused.Reason, ct);
                return false;

            default:
                throw new InvalidOperationException("The store answered with an unknown result.");
        }
    }

    /// <summary>The offset is not where we left it: either our own lost commit moved it, or another consumer did.</summary>
    private async Task ResolveFenceAsync(LaneBatch batch, PartitionKey partition, CancellationToken ct)
    {
        if (batch.OutcomeUnknown)
        {
            var offsets = await _store.ReadOffsetsAsync([partition], ct);
            if (batch.TryConfirmMove(partition, offsets[partition])) return;
        }

        Log.Fenced(_log, partition.Topic, partition.Partition);
        _metrics.Fenced();
        batch.Fence(partition);
    }

    /// <summary>What an earlier try of ours has stored is not a duplicate, but nobody has been told of it yet.</summary>
    private async Task ClaimOwnAsync(LaneBatch batch, CancellationToken ct)
    {
        var repeated = batch.Duplicates();
        if (repeated.Count == 0) return;

        var rows = repeated.ConvertAll(i => (i.Content!.UserId, i.Answer.Seq, i.Content.NotificationId));
        batch.Claim(await _store.FindOwnAsync(rows, ct));
    }

    /// <summary>
    /// The store will not take this batch as a whole. One by one, and without moving any offset, the items show which of them
    /// it is; then what is left goes: the offsets, and the dead letters.
    /// </summary>
    private async Task IsolateAsync(LaneBatch batch, string reason, CancellationToken ct)
    {
        var open = batch.Open();
        if (open.Count == 0) throw new InvalidOperationException($"The store refuses a batch of which everything is stored: {reason}");

        // Offsets were not checked, so another consumer may have been there before.
        batch.OutcomeUnknown = true;
        foreach (var item in open)
        {
            switch (await _store.AppendAsync(AppendBatch.Of([item.Content!]), ct))
            {
                case AppendResult.Stored stored:
                    batch.Accept(item, stored.Answers[0]);
                    break;

                case AppendResult.Refused refused:
                    batch.Refuse(item, refused.Reason);
                    _metrics.Refused();
                    break;
            }
        }
    }

    /// <summary>Publishers have their answer first: it is true whatever becomes of the hand-over.</summary>
    private async Task HandOverAsync(LaneBatch batch, CancellationToken ct)
    {
        var stored = new StoredBatch(batch.NewItems(), batch.Wakes, batch.HasNewTasks());
        foreach (var item in batch.Items) item.Complete();

        if (stored is { Items.Count: 0, Wakes.Count: 0, HasNewTasks: false }) return;
        foreach (var listener in _listeners) await listener.StoredAsync(stored, ct);
    }

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Warning, "Lane {Lane}: the store did not take a batch of {Count}; it is tried until it does: {Reason}")]
        public static partial void Retrying(ILogger logger, int lane, int count, string reason);

        [LoggerMessage(2, LogLevel.Error, "Lane {Lane}: the store refuses a batch of {Count}; looking for the item: {Reason}")]
        public static partial void Refused(ILogger logger, int lane, int count, string reason);

        [LoggerMessage(4, LogLevel.Error, "Lane {Lane}: storing a batch of {Count} failed; it is tried until it does not")]
        public static partial void Failed(ILogger logger, int lane, int count, Exception exception);

        [LoggerMessage(3, LogLevel.Warning, "Another consumer has moved {Topic}/{Partition}; what was read of it here is dropped")]
        public static partial void Fenced(ILogger logger, string topic, int partition);
    }
}
