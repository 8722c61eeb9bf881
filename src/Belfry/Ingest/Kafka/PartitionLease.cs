using Belfry.Mailboxes;
using Belfry.Mailboxes.Lanes;
using Confluent.Kafka;

namespace Belfry.Ingest.Kafka;

/// <summary>This consumer's hold on one partition: what it has put into the partition's lane, and how far that is stored.</summary>
internal sealed class PartitionLease : IPartitionSink, IKafkaLease, ILaneItemOwner
{
    private readonly LaneSink _sink;
    private readonly RecordDoor _door;
    private readonly Lane _lane;
    private readonly bool _express;

    // Made from a record that the lane had no room for: judged once, counted once. The reader's thread alone.
    private LaneItem[]? _refused;
    private long _refusedOffset;

    // Shared with the lane.
    private readonly Lock _gate = new();
    private TaskCompletionSource? _drained;
    private int _pending;
    private bool _began;
    private long _expected = Offset.Unset;
    private volatile bool _held = true;

    public PartitionLease(LaneSink sink, PartitionKey key, RecordDoor door, Lane lane, bool express)
    {
        _sink = sink;
        _door = door;
        _lane = lane;
        _express = express;
        Key = key;
        Partition = new TopicPartition(key.Topic, key.Partition);
    }

    public PartitionKey Key { get; }

    public TopicPartition Partition { get; }

    PartitionKey IKafkaLease.Partition => Key;

    public long Expected
    {
        get => Volatile.Read(ref _expected);
        set => Volatile.Write(ref _expected, value);
    }

    public bool IsHeld => _held;

    public long? Done => Expected is >= 0 and var next ? next : null;

    /// <summary>Whether its position is known and nothing of it is on its way.</summary>
    public bool IsIdle
    {
        get
        {
            lock (_gate) return _began && _held && _pending == 0;
        }
    }

    public bool HasRoom => _lane.Queue.HasRoom;

    public Task Room => _lane.Queue.Room;

    public bool TryTake(ConsumeResult<byte[], byte[]> record)
    {
        var items = _refused is not null && _refusedOffset == record.Offset ? _refused : _door.ItemsOf(record, this, this);

        // Before they can finish.
        Add(items.Length);
        if (_lane.Queue.TryAdd(items, _express))
        {
            _refused = null;
            return true;
        }

        Add(-items.Length);
        _refused = items;
        _refusedOffset = record.Offset;
        return false;
    }

    /// <summary>From now on <see cref="Expected"/> is what the store had.</summary>
    public void Began()
    {
        lock (_gate) _began = true;
    }

    public Task DrainAsync()
    {
        lock (_gate)
        {
            if (_pending == 0) return Task.CompletedTask;
            _drained ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            return _drained.Task;
        }
    }

    public void Lose() => _held = false;

    public void Fenced()
    {
        _held = false;
        _sink.Fenced(this);
    }

    void ILaneItemOwner.Finished(LaneItem item)
    {
        _sink.Finished(item);
        Add(-1);
    }

    private void Add(int items)
    {
        lock (_gate)
        {
            _pending += items;
            if (_pending == 0) _drained?.TrySetResult();
        }
    }
}
