using System.Text;
using Belfry.Servers;
using Confluent.Kafka;
using Xunit;

namespace Belfry.SystemTests.Kafka;

/// <summary>Publishes to Kafka as a producer service does, and waits until the broker has it.</summary>
internal sealed class TestProducer : IDisposable
{
    private readonly IProducer<byte[]?, byte[]?> _producer;

    private TestProducer(ProducerConfig config)
    {
        config.Acks = Acks.All;
        config.LingerMs = 5;
        // Else a produce request that is sent again may overtake the next one, and the tests look at the order.
        config.MaxInFlight = 1;
        _producer = new ProducerBuilder<byte[]?, byte[]?>(config).SetLogHandler((_, _) => { }).Build();
    }

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    public static TestProducer Of(KafkaBroker broker) =>
        new(new ProducerConfig(new Dictionary<string, string>(KafkaBroker.ClientProperties) { ["bootstrap.servers"] = broker.BootstrapServers }));

    public static TestProducer Of(KafkaMock mock) => new(new ProducerConfig { BootstrapServers = mock.BootstrapServers });

    public static string Event(string id, string user, string payload = "{}") =>
        $$"""{"id":"{{id}}","user_id":"{{user}}","event_type":"t","payload":{{payload}}}""";

    public Task<long> SendAsync(string topic, int partition, string? value, string? key = null) =>
        SendAsync(topic, partition, value is null ? null : Encoding.UTF8.GetBytes(value), key is null ? null : Encoding.UTF8.GetBytes(key));

    public async Task<long> SendAsync(string topic, int partition, byte[]? value, byte[]? key)
    {
        var message = new Message<byte[]?, byte[]?> { Key = key, Value = value };
        var result = await _producer.ProduceAsync(new TopicPartition(topic, partition), message, Cancelled)
            .WaitAsync(TimeSpan.FromSeconds(30), TimeProvider.System, Cancelled);
        return result.Offset;
    }

    public Task SendAsync(string topic, string value, Timestamp time) => _producer
        .ProduceAsync(new TopicPartition(topic, 0), new Message<byte[]?, byte[]?> { Value = Encoding.UTF8.GetBytes(value), Timestamp = time }, Cancelled)
        .WaitAsync(TimeSpan.FromSeconds(30), TimeProvider.System, Cancelled);

    /// <summary>A CloudEvent whose attributes are headers.</summary>
    public Task SendAsync(string topic, string? data, params (string Name, string Value)[] headers)
    {
        var message = new Message<byte[]?, byte[]?> { Value = data is null ? null : Encoding.UTF8.GetBytes(data), Headers = [] };
        foreach (var (name, value) in headers) message.Headers.Add(name, Encoding.UTF8.GetBytes(value));
        return _producer.ProduceAsync(new TopicPartition(topic, 0), message, Cancelled).WaitAsync(TimeSpan.FromSeconds(30), TimeProvider.System, Cancelled);
    }

    /// <summary>Events with the ids <c>&lt;prefix&gt;0</c> and so on, in turn to 10 users and all partitions; a user stays in his partition.</summary>
    public Task SendManyAsync(string topic, int partitions, string prefix, int count) => Task.WhenAll(
        Enumerable.Range(0, count).Select(n => SendAsync(topic, n % 10 % partitions, Event($"{prefix}{n}", $"u{n % 10}"), $"u{n % 10}")));

    public void Dispose() => _producer.Dispose();
}
