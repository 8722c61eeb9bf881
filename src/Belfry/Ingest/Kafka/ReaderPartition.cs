using Confluent.Kafka;

namespace Belfry.Ingest.Kafka;

/// <summary>One assigned partition as its reader sees it. Used by the reader's thread alone, but for <see cref="Position"/>.</summary>
internal sealed class ReaderPartition(IPartitionSink sink)
{
    private long _high = Offset.Unset;
    private long _floor;
    private volatile bool _paused;

    public IPartitionSink Sink { get; } = sink;

    public TopicPartition Partition => Sink.Partition;

    public PartitionPhase Phase { get; set; } = PartitionPhase.Opening;

    /// <summary>Where reading is to begin; null: where Kafka says that the group was.</summary>
    public Offset? Start { get; set; }

    /// <summary>Read, but refused for want of room: offered again before anything newer is read.</summary>
    public Queue<ConsumeResult<byte[], byte[]>> Held { get; } = new();

    /// <summary>The room that was waited for in vain when the partition was paused.</summary>
    public Task? Waited { get; set; }

    /// <summary>What Kafka was last told to be done.</summary>
    public long? Committed { get; set; }

    public bool Paused
    {
        get => _paused;
        set => _paused = value;
    }

    /// <summary>The end of the partition.</summary>
    public long High
    {
        set => Volatile.Write(ref _high, value);
    }

    /// <summary>There is nothing to read below this. It only rises.</summary>
    public long Floor
    {
        set => Volatile.Write(ref _floor, Math.Max(_floor, value));
    }

    /// <summary>Where it stands, for anybody who asks.</summary>
    public PartitionPosition Position
    {
        get
        {
            var high = Volatile.Read(ref _high);
            var next = Math.Max(Sink.Done ?? 0, Volatile.Read(ref _floor));
            return new PartitionPosition(Partition.Topic, Partition.Partition, high < 0 ? null : Math.Max(0, high - next), Held.Count > 0);
        }
    }
}

/// <summary>How far an assigned partition has come.</summary>
internal enum PartitionPhase
{
    /// <summary>The sink is asked where to begin.</summary>
    Opening,

    /// <summary>That is known, and the client is to go there.</summary>
    Starting,

    /// <summary>Records are handed on.</summary>
    Reading,
}
