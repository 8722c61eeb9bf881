using Belfry.Servers;
using Confluent.Kafka;
using Xunit;

namespace Belfry.SystemTests.Servers;

public sealed class KafkaBrokerTests(SharedKafka shared)
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Fact]
    public async Task An_acknowledged_message_survives_a_kill_and_a_stop_of_the_broker()
    {
        await using var broker = await Parts.RequireOrSkipAsync(() => KafkaBroker.StartAsync(Cancelled));
        await broker.CreateTopicAsync("survivor", ct: Cancelled);
        var position = await ProduceAsync(broker, "survivor", "kept");

        await broker.KillAsync();
        await broker.StartAgainAsync(Cancelled);
        Assert.Equal("kept", Read(broker, position));

        await broker.StopAsync(Cancelled);
        await broker.StartAgainAsync(Cancelled);
        Assert.Equal("kept", Read(broker, position));
    }

    [Theory]
    [InlineData(KafkaBroker.DefaultPartitions)]
    [InlineData(1)]
    public async Task A_topic_has_the_partitions_that_were_asked_for_and_takes_messages_at_once(int partitions)
    {
        var broker = await shared.BrokerAsync();
        var topic = await shared.CreateTopicAsync(Cancelled, partitions);

        var position = await ProduceAsync(broker, topic, "first");

        Assert.Equal("first", Read(broker, position));
        using var client = new AdminClientBuilder(Configured<AdminClientConfig>(broker)).SetLogHandler((_, _) => { }).Build();
        Assert.Equal(partitions, client.GetMetadata(topic, Patience).Topics.Single().Partitions.Count);
    }

    private static async Task<TopicPartitionOffset> ProduceAsync(KafkaBroker broker, string topic, string value)
    {
        var config = Configured<ProducerConfig>(broker);
        config.Acks = Acks.All;
        using var producer = new ProducerBuilder<string, string>(config).SetLogHandler((_, _) => { }).Build();
        var message = new Message<string, string> { Key = "user-1", Value = value };
        var result = await producer.ProduceAsync(topic, message, Cancelled).WaitAsync(Patience, TimeProvider.System, Cancelled);
        return result.TopicPartitionOffset;
    }

    private static string? Read(KafkaBroker broker, TopicPartitionOffset position)
    {
        var config = Configured<ConsumerConfig>(broker);
        config.GroupId = "reader";
        using var consumer = new ConsumerBuilder<string, string>(config).SetLogHandler((_, _) => { }).Build();
        consumer.Assign(position);
        return consumer.Consume(Patience)?.Message.Value;
    }

    private static T Configured<T>(KafkaBroker broker) where T : ClientConfig, new()
    {
        var config = new T { BootstrapServers = broker.BootstrapServers };
        foreach (var (name, value) in KafkaBroker.ClientProperties) config.Set(name, value);
        return config;
    }
}
