using Confluent.Kafka;

namespace Belfry.Bench.Topology;

/// <summary>How far a topic has been written, and how far the pipeline has read it.</summary>
internal sealed class KafkaProbe : IDisposable
{
    private const string Group = "notification-consumer";

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    private readonly IConsumer<Ignore, Ignore> _consumer;
    private readonly StoreProbe _store;
    private readonly string _topic;

    public KafkaProbe(string bootstrap, IReadOnlyDictionary<string, string> properties, string topic, StoreProbe store)
    {
        _store = store;
        _topic = topic;
        // Never subscribed: it is no member of the group, it only asks what the group has committed.
        var config = new ConsumerConfig(new Dictionary<string, string>(properties)) { BootstrapServers = bootstrap, GroupId = Group, EnableAutoCommit = false };
        _consumer = new ConsumerBuilder<Ignore, Ignore>(config).SetLogHandler((_, _) => { }).SetErrorHandler((_, _) => { }).Build();
    }

    /// <summary>The end of the topic and what is consumed of it, over all its partitions: the offset in the store wins over the committed one.</summary>
    public async Task<KafkaPosition> ReadAsync(CancellationToken ct)
    {
        var partitions = Partitions();
        var marks = partitions.ToDictionary(partition => partition.Partition.Value, partition => _consumer.QueryWatermarkOffsets(partition, Patience));
        var consumed = await _store.ReadOffsetsAsync(_topic, ct)
            ?? _consumer.Committed(partitions, Patience).ToDictionary(position => position.Partition.Value, position => Math.Max(0, position.Offset.Value));

        // A partition that nobody has read from yet has the position of its beginning.
        long end = 0, read = 0;
        foreach (var (partition, mark) in marks)
        {
            end += mark.High.Value;
            read += Math.Max(mark.Low.Value, consumed.GetValueOrDefault(partition));
        }

        return new KafkaPosition(end, read);
    }

    public void Dispose() => _consumer.Dispose();

    private List<TopicPartition> Partitions()
    {
        using var admin = new DependentAdminClientBuilder(_consumer.Handle).Build();
        return [.. admin.GetMetadata(_topic, Patience).Topics.Single().Partitions.Select(partition => new TopicPartition(_topic, partition.PartitionId))];
    }
}

/// <summary>Sums of the offsets of all partitions.</summary>
internal readonly record struct KafkaPosition(long End, long Consumed)
{
    public long Lag => Math.Max(0, End - Consumed);
}
