using System.Diagnostics.CodeAnalysis;
using Confluent.Kafka;

namespace Belfry.Ingest.Kafka;

/// <summary>Asks Kafka where partitions begin and end, without being a member of anything. For commands.</summary>
internal sealed class PartitionEnds : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    private readonly IConsumer<Ignore, Ignore> _client;

    private PartitionEnds(IConsumer<Ignore, Ignore> client) => _client = client;

    /// <summary>Connects; false when Kafka does not answer.</summary>
    public static bool TryConnect(string bootstrapServers, KafkaOptions options, [NotNullWhen(true)] out PartitionEnds? ends)
    {
        var client = new ConsumerBuilder<Ignore, Ignore>(KafkaClients.Consumer(bootstrapServers, options))
            .SetLogHandler((_, _) => { })
            .SetErrorHandler((_, _) => { })
            .Build();
        ends = new PartitionEnds(client);
        try
        {
            using var admin = new DependentAdminClientBuilder(client.Handle).Build();
            if (admin.GetMetadata(Patience).Brokers.Count > 0) return true;
        }
        catch (KafkaException)
        {
            // It does not answer.
        }

        ends.Dispose();
        ends = null;
        return false;
    }

    /// <summary>The partitions that a topic has; empty when there is no such topic.</summary>
    public IReadOnlyList<int> ListPartitions(string topic)
    {
        using var admin = new DependentAdminClientBuilder(_client.Handle).Build();
        var known = admin.GetMetadata(Patience).Topics.Find(t => t.Topic == topic);
        return [.. (known?.Partitions ?? []).Select(p => p.PartitionId).Order()];
    }

    /// <summary>The oldest record's offset and the next one to be written; null when Kafka does not know the partition.</summary>
    public (long Oldest, long End)? Find(string topic, int partition)
    {
        try
        {
            var ends = _client.QueryWatermarkOffsets(new TopicPartition(topic, partition), Patience);
            return (ends.Low, ends.High);
        }
        catch (KafkaException)
        {
            return null;
        }
    }

    public void Dispose() => _client.Dispose();
}
