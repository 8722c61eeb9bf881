using System.Threading.Channels;
using Belfry.Ingest.Kafka;
using Confluent.Kafka;
using Microsoft.Extensions.Options;

namespace Belfry.Original.Consuming;

/// <summary>
/// Between the reader's thread and the consumer: the records of all partitions, in the order in which they were read. Reading
/// begins where the group has last committed in Kafka: the table knows of no offsets.
/// </summary>
internal sealed class RecordQueue(IOptions<OriginalOptions> options) : IRecordSink
{
    private const int Capacity = 1000;

    private readonly Channel<QueuedRecord> _records = Channel.CreateBounded<QueuedRecord>(new BoundedChannelOptions(Capacity) { SingleReader = true });
    private Task _room = Task.CompletedTask;

    public ChannelReader<QueuedRecord> Reader => _records.Reader;

    public bool HasRoom => _records.Reader.Count < Capacity;

    /// <summary>Of the reader's thread alone.</summary>
    public Task Room
    {
        get
        {
            if (_room.IsCompleted) _room = _records.Writer.WaitToWriteAsync().AsTask();
            return _room;
        }
    }

    public bool TryAdd(QueuedRecord record) => _records.Writer.TryWrite(record);

    public void SawTopic(string topic, int partitions)
    {
        // The consumer puts all partitions into the same batch.
    }

    public Task WhenReadyAsync(CancellationToken ct) => Task.CompletedTask;

    // As published, nobody waits for what is in memory when a partition goes: its offsets are committed already.
    public IPartitionSink Open(TopicPartition partition) => new QueuedPartition(this, partition, drains: !options.Value.AsPublished);

    public Task<IReadOnlyDictionary<TopicPartition, long>> FindStartsAsync(IReadOnlyList<IPartitionSink> partitions, CancellationToken ct) =>
        Task.FromResult<IReadOnlyDictionary<TopicPartition, long>>(new Dictionary<TopicPartition, long>());
}

/// <summary>One record on its way to the table.</summary>
internal readonly record struct QueuedRecord(QueuedPartition Partition, ConsumeResult<byte[], byte[]> Record);
