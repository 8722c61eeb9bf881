using System.Buffers;
using Confluent.Kafka;

namespace Belfry.Bench.Scenarios.Chaos;

/// <summary>
/// Publishes to Kafka as a careful producer does: acks=all, the user as the key. What is not acknowledged in time may have been
/// stored or not.
/// </summary>
internal sealed class KafkaActor : IDisposable
{
    private const int MessageTimeoutMs = 30_000;

    private static readonly TimeSpan Tick = TimeSpan.FromMilliseconds(1);
    private static readonly TimeSpan FlushPatience = TimeSpan.FromSeconds(60);

    private readonly UserSet _users;
    private readonly ChaosLedger _ledger;
    private readonly string _topic;
    private readonly IProducer<byte[], byte[]> _producer;

    public KafkaActor(UserSet users, ChaosLedger ledger, string bootstrap, IReadOnlyDictionary<string, string> properties, string topic)
    {
        _users = users;
        _ledger = ledger;
        _topic = topic;
        var config = new ProducerConfig
        {
            BootstrapServers = bootstrap,
            Acks = Acks.All,
            Partitioner = Partitioner.Murmur2Random,
            LingerMs = 5,
            MessageTimeoutMs = MessageTimeoutMs,
            ReconnectBackoffMaxMs = 1_000,
            DeliveryReportFields = "none",
        };
        foreach (var (name, value) in properties) config.Set(name, value);
        _producer = new ProducerBuilder<byte[], byte[]>(config).SetErrorHandler((_, _) => { }).SetLogHandler((_, _) => { }).Build();
    }

    /// <summary>Ends when all has been answered, or can no longer be.</summary>
    public Task RunAsync(ChaosFeed feed, CancellationToken stop) =>
        Task.Factory.StartNew(() => Send(feed, stop), CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);

    public void Dispose() => _producer.Dispose();

    private void Send(ChaosFeed feed, CancellationToken stop)
    {
        var buffer = new ArrayBufferWriter<byte>(4096);
        while (!feed.HasEnded && !stop.IsCancellationRequested)
        {
            var now = BenchClock.Micros;
            buffer.ResetWrittenCount();
            if (feed.TryNext(buffer, now, out var sent)) Produce(sent, buffer.WrittenSpan.ToArray());
            else stop.WaitHandle.WaitOne(feed.UntilNext(now));
        }

        _producer.Flush(FlushPatience);
    }

    private void Produce(Sent sent, byte[] value)
    {
        var message = new Message<byte[], byte[]> { Key = _users.Utf8NameOf(sent.User), Value = value };
        while (true)
        {
            try
            {
                _producer.Produce(_topic, message, report => Take(report.Error, sent));
                return;
            }
            catch (ProduceException<byte[], byte[]> e) when (e.Error.Code == ErrorCode.Local_QueueFull)
            {
                _producer.Poll(Tick);
            }
        }
    }

    private void Take(Error error, Sent sent)
    {
        if (error.IsError) _ledger.Leave();
        else _ledger.AcknowledgeByKafka(sent.User, sent.Number);
    }
}
