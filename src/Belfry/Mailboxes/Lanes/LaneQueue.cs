namespace Belfry.Mailboxes.Lanes;

/// <summary>
/// What waits for a lane: any number of writers, one reader. Bounded in items and bytes, over which the last write that fits
/// in part may reach: else a large one would never find room among small ones. Full means refused, and the writer decides
/// (HTTP answers 503, Kafka waits, then pauses the partition and offers the record again).
/// </summary>
internal sealed class LaneQueue(int maxItems, long maxBytes, TimeProvider time)
{
    private readonly Lock _gate = new();
    private readonly Queue<LaneItem> _express = new();
    private readonly Queue<LaneItem> _normal = new();
    private TaskCompletionSource _changed = NewSignal();
    private TaskCompletionSource _room = NewSignal();
    private long _bytes;
    private int _wanted = 1;
    private bool _completed;

    public int Count
    {
        get
        {
            lock (_gate) return _express.Count + _normal.Count;
        }
    }

    /// <summary>Below half of its bounds: a good time to resume what was paused.</summary>
    public bool HasRoom
    {
        get
        {
            lock (_gate) return _express.Count + _normal.Count < maxItems / 2 && _bytes < maxBytes / 2;
        }
    }

    private bool IsFull => _express.Count + _normal.Count >= maxItems || _bytes >= maxBytes;

    /// <summary>Takes all of the items or none. One writer's items keep their order.</summary>
    /// <param name="express">Before everything that is not.</param>
    public bool TryAdd(ReadOnlySpan<LaneItem> items, bool express)
    {
        lock (_gate)
        {
            if (_completed) return false;
            if (IsFull)
            {
                if (_room.Task.IsCompleted) _room = NewSignal();
                // Nobody waits for a batch to fill up that cannot.
                _changed.TrySetResult();
                return false;
            }

            var queue = express ? _express : _normal;
            foreach (var item in items)
            {
                queue.Enqueue(item);
                _bytes += item.Size;
            }

            if (_express.Count + _normal.Count >= _wanted) _changed.TrySetResult();
            return true;
        }
    }

    /// <summary>For a writer that nobody hurries: waits until there is room for all of the items.</summary>
    public async Task AddAsync(LaneItem[] items, CancellationToken ct)
    {
        while (!TryAdd(items, express: false))
        {
            // A lane that ends refuses too, and says at once that there is room.
            ct.ThrowIfCancellationRequested();
            await Room.WaitAsync(ct);
        }
    }

    /// <summary>For a writer that was refused: completes when there is room again.</summary>
    public Task Room
    {
        get
        {
            lock (_gate) return _room.Task;
        }
    }

    /// <summary>Nothing more comes in; what is there is still taken.</summary>
    public void Complete()
    {
        lock (_gate)
        {
            _completed = true;
            _changed.TrySetResult();
            _room.TrySetResult();
        }
    }

    /// <summary>
    /// Waits for the next batch: until there is something, then no longer than <paramref name="maxWait"/> for it to fill up.
    /// Empty only when the queue is complete and drained.
    /// </summary>
    public async Task<List<LaneItem>> TakeAsync(int max, long maxBatchBytes, TimeSpan maxWait, CancellationToken ct)
    {
        while (true)
        {
            await WaitForAsync(1, Timeout.InfiniteTimeSpan, ct);
            if (maxWait > TimeSpan.Zero) await WaitForAsync(max, maxWait, ct);

            lock (_gate)
            {
                var batch = new List<LaneItem>(Math.Min(max, _express.Count + _normal.Count));
                var bytes = 0L;
                Move(_express, batch, max, maxBatchBytes, ref bytes);
                Move(_normal, batch, max, maxBatchBytes, ref bytes);
                if (!IsFull) _room.TrySetResult();
                if (batch.Count > 0 || (_completed && _express.Count + _normal.Count == 0)) return batch;
            }
        }
    }

    private void Move(Queue<LaneItem> from, List<LaneItem> to, int max, long maxBytes, ref long bytes)
    {
        while (to.Count < max && (to.Count == 0 || bytes < maxBytes) && from.TryDequeue(out var item))
        {
            _bytes -= item.Size;
            if (!item.TryTake()) continue;
            bytes += item.Size;
            to.Add(item);
        }
    }

    private async Task WaitForAsync(int count, TimeSpan atMost, CancellationToken ct)
    {
        Task changed;
        lock (_gate)
        {
            if (_completed || IsFull || _express.Count + _normal.Count >= count) return;
            _wanted = count;
            if (_changed.Task.IsCompleted) _changed = NewSignal();
            changed = _changed.Task;
        }

        try
        {
            await changed.WaitAsync(atMost, time, ct);
        }
        catch (TimeoutException)
        {
            // The batch goes as it is.
        }
        finally
        {
            lock (_gate) _wanted = 1;
        }
    }

    private static TaskCompletionSource NewSignal() => new(TaskCreationOptions.RunContinuationsAsynchronously);
}
