using System.Collections.Concurrent;
using System.Threading.Channels;
using Confluent.Kafka;
using Microsoft.Extensions.Options;

namespace Belfry.Original.Consuming;

/// <summary>
/// Between the thread that reads Kafka and the consumer: the records in the order in which they were read, and for each
/// partition the offset up to which they count as done. Thread-safe, for one reader on each side.
/// </summary>
internal sealed class RecordQueue(IOptions<OriginalOptions> options)
{
    private readonly ConcurrentDictionary<TopicPartition, long> _done = new();

    // Two batches: the client itself reads far further ahead.
    private readonly Channel<ConsumeResult<byte[], byte[]>> _channel = Channel.CreateBounded<ConsumeResult<byte[], byte[]>>(
        new BoundedChannelOptions(2 * options.Value.BatchSize) { SingleReader = true });

    public ChannelReader<ConsumeResult<byte[], byte[]>> Reader => _channel.Reader;

    public ChannelWriter<ConsumeResult<byte[], byte[]>> Writer => _channel.Writer;

    /// <summary>The offsets to go on from, of every partition in which something is done; they may be committed.</summary>
    public IEnumerable<TopicPartitionOffset> Done => _done.Select(done => new TopicPartitionOffset(done.Key, done.Value));

    public void MarkDone(IEnumerable<TopicPartitionOffset> next)
    {
        foreach (var offset in next) _done[offset.TopicPartition] = offset.Offset.Value;
    }
}
