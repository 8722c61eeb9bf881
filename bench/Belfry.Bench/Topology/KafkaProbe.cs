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
        var partitions = await ReadPartitionsAsync(ct);
        return new KafkaPosition(partitions.Values.Sum(position => position.End), partitions.Values.Sum(position => position.Consumed));
    }

    /// <summary>The same for each partition.</summary>
    public async Task<IReadOnlyDictionary<int, KafkaPosition>> ReadPartitionsAsync(CancellationToken ct)
    {
        var partitions = Partitions();
        var marks = partitions.ToDictionary(partition => partition.Partition.Value, partition => _consumer.QueryWatermarkOffsets(partition, Patience));
        var consumed = await _store.ReadOffsetsAsync(_topic, ct)
            ?? _consumer.Committed(partitions, Patience).ToDictionary(position => position.Partition.Value, position => Math.Max(0, position.Offset.Value));

        // A partition that nobody has read from yet has the position of its beginning.
        return marks.ToDictionary(mark => mark.Key, mark => new KafkaPosition(mark.Value.High.Value, Math.Max(mark.Value.Low.Value, consumed.GetValueOrDefault(mark.Key))));
    }

    public void Dispose() => _consumer.Dispose();

    private List<TopicPartition> Partitions()
    {
        using var admin = new DependentAdminClientBuilder(_consumer.Handle).Build();
        return [.. admin.GetMetadata(_topic, Patience).Topics.Single().Partitions.Select(partition => new TopicPartition(_topic, partition.PartitionId))];
    }
}

/// <summary>Offsets of a partition, or their sums over all.</summary>
internal readonly record struct KafkaPosition(long End, long Consumed)
{
    public long Lag => Math.Max(0, End - Consumed);
}
