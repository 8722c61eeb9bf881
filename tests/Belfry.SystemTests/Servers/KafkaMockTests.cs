using System.Text;
using Belfry.Servers;
using Confluent.Kafka;
using Xunit;

namespace Belfry.SystemTests.Servers;

public sealed class KafkaMockTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_message_keeps_its_headers_and_its_time_and_reaches_a_group()
    {
        await using var mock = await KafkaMock.StartAsync(ct: Cancelled);
        await mock.CreateTopicAsync("events", 3, Cancelled);
        var time = new Timestamp(1_700_000_000_123, TimestampType.CreateTime);

        using var producer = Producer(mock);
        await producer.ProduceAsync("events", new() { Key = "user-1", Value = "hello", Timestamp = time, Headers = [new Header("ce_id", "1"u8.ToArray())] }, Cancelled);

        using var consumer = Quiet(new ConsumerBuilder<string, string>(new ConsumerConfig
        {
            BootstrapServers = mock.BootstrapServers,
            GroupId = "readers",
            AutoOffsetReset = AutoOffsetReset.Earliest,
        })).Build();
        consumer.Subscribe("events");
        var result = consumer.Consume(Patience);
        consumer.Close();

        Assert.Equal("hello", result.Message.Value);
        Assert.Equal("1", Encoding.UTF8.GetString(result.Message.Headers.GetLastBytes("ce_id")));
        Assert.Equal(time, result.Message.Timestamp);
    }

    [Fact]
    public async Task A_pushed_error_meets_the_next_request_only()
    {
        await using var mock = await KafkaMock.StartAsync(ct: Cancelled);
        await mock.CreateTopicAsync("events", 1, Cancelled);
        using var producer = Producer(mock);

        await mock.PushErrorsAsync(KafkaApi.Produce, [ErrorCode.RecordListTooLarge], Cancelled);

        var refused = await Assert.ThrowsAsync<ProduceException<string, string>>(() => producer.ProduceAsync("events", new() { Value = "no" }, Cancelled));
        Assert.Equal(ErrorCode.RecordListTooLarge, refused.Error.Code);
        var taken = await producer.ProduceAsync("events", new() { Value = "yes" }, Cancelled);
        Assert.Equal(PersistenceStatus.Persisted, taken.Status);
    }

    [Fact]
    public async Task A_message_waits_for_a_broker_that_is_down_and_follows_a_leader_that_moved()
    {
        await using var mock = await KafkaMock.StartAsync(brokers: 2, Cancelled);
        await mock.CreateTopicAsync("events", 1, Cancelled);
        await mock.SetLeaderAsync("events", 0, 1, Cancelled);
        using var producer = Producer(mock);

        await mock.SetBrokerDownAsync(1, Cancelled);
        var waiting = producer.ProduceAsync("events", new() { Value = "moved" }, Cancelled);
        Assert.False(waiting.IsCompleted);
        await mock.SetLeaderAsync("events", 0, 2, Cancelled);

        Assert.Equal(PersistenceStatus.Persisted, (await waiting).Status);
    }

    [Fact]
    public async Task An_order_that_it_does_not_understand_is_an_error()
    {
        await using var mock = await KafkaMock.StartAsync(ct: Cancelled);

        await Assert.ThrowsAsync<ServerFailedException>(() => mock.SetBrokerDownAsync(7, Cancelled));
    }

    private static IProducer<string, string> Producer(KafkaMock mock)
    {
        var config = new ProducerConfig { BootstrapServers = mock.BootstrapServers, MessageTimeoutMs = (int)Patience.TotalMilliseconds };
        return new ProducerBuilder<string, string>(config).SetLogHandler((_, _) => { }).Build();
    }

    private static ConsumerBuilder<string, string> Quiet(ConsumerBuilder<string, string> builder) => builder.SetLogHandler((_, _) => { });
}
