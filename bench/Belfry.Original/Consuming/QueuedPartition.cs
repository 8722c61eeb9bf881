using Belfry.Ingest.Kafka;
using Confluent.Kafka;

namespace Belfry.Original.Consuming;

/// <summary>One partition of the consumer's: how far it may be committed, and how much of it is still on its way.</summary>
internal sealed class QueuedPartition(RecordQueue queue, TopicPartition partition, bool drains) : IPartitionSink
{
    // Shared by the reader's thread and the consumer.
    private readonly Lock _gate = new();
    private TaskCompletionSource? _drained;
    private long? _done;
    private int _pending;

    public TopicPartition Partition => partition;

    public long? Done
    {
        get
        {
            lock (_gate) return _done;
        }
    }

    public bool HasRoom => queue.HasRoom;

    public Task Room => queue.Room;

    public bool TryTake(ConsumeResult<byte[], byte[]> record)
    {
        // Before it can be finished.
        Add(1);
        if (queue.TryAdd(new QueuedRecord(this, record))) return true;

        Add(-1);
        return false;
    }

    public Task DrainAsync()
    {
        lock (_gate)
        {
            if (_pending == 0 || !drains) return Task.CompletedTask;
            _drained ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            return _drained.Task;
        }
    }

    /// <summary>What is on its way is inserted all the same: repaired, the next owner's insert finds it there.</summary>
    public void Lose()
    {
    }

    /// <summary>Everything below this offset counts as done, and may be committed.</summary>
    public void MarkDone(long next)
    {
        lock (_gate) _done = next;
    }

    /// <summary>So many records are in the table, or were passed over.</summary>
    public void Finished(int records) => Add(-records);

    private void Add(int records)
    {
        lock (_gate)
        {
            _pending += records;
            if (_pending == 0) _drained?.TrySetResult();
        }
    }
}
