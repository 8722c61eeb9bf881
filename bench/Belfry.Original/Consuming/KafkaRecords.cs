using Confluent.Kafka;

namespace Belfry.Original.Consuming;

/// <summary>The consumer group's member: reads records one by one, and commits when it is told to. Not for several threads.</summary>
internal sealed class KafkaRecords : IDisposable
{
    private readonly IConsumer<byte[]?, byte[]?> _consumer;

    public KafkaRecords(string bootstrapServers, KafkaSource source)
    {
        var config = new ConsumerConfig
        {
            BootstrapServers = bootstrapServers,
            GroupId = source.GroupId,
            EnableAutoCommit = false,
            EnableAutoOffsetStore = false,
            AutoOffsetReset = AutoOffsetReset.Earliest,
        };
        foreach (var (name, value) in source.Properties) config.Set(name.Replace('_', '.'), value);

        _consumer = new ConsumerBuilder<byte[]?, byte[]?>(config).Build();
        _consumer.Subscribe(source.Topics);
    }

    /// <summary>The next record; null when none has come in time.</summary>
    public ConsumeResult<byte[]?, byte[]?>? Read(TimeSpan patience) => _consumer.Consume(patience);

    /// <summary>Waits for the next record, however long it takes.</summary>
    public ConsumeResult<byte[]?, byte[]?> Read(CancellationToken ct) => _consumer.Consume(ct);

    /// <param name="next">For each partition the offset to go on from.</param>
    public void Commit(IEnumerable<TopicPartitionOffset> next) => _consumer.Commit(next);

    public void Dispose()
    {
        // Leaves the group, so that another member need not wait for the session to time out.
        _consumer.Close();
        _consumer.Dispose();
    }
}
