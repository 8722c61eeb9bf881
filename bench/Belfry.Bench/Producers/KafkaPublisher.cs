using System.Buffers;
using Belfry.Bench.Checker;
using Confluent.Kafka;

namespace Belfry.Bench.Producers;

/// <summary>
/// Publishes to Kafka as a careful producer does: acks=all, the user as the key, Java's partitioner. One thread sends; librdkafka
/// batches and tells on a thread of its own what was acknowledged.
/// </summary>
internal sealed class KafkaPublisher : IPublisher
{
    private static readonly TimeSpan Tick = TimeSpan.FromMilliseconds(1);
    private static readonly TimeSpan FlushPatience = TimeSpan.FromSeconds(60);

    private readonly UserSet _users;
    private readonly Ledger _ledger;
    private readonly EventWriter _writer;
    private readonly string _topic;
    private readonly IProducer<byte[], byte[]> _producer;
    private string? _error;
    private int _loads;

    public KafkaPublisher(UserSet users, Ledger ledger, EventWriter writer, string topic, IReadOnlyDictionary<string, string> properties)
    {
        _users = users;
        _ledger = ledger;
        _writer = writer;
        _topic = topic;
        var config = new ProducerConfig
        {
            Acks = Acks.All,
            Partitioner = Partitioner.Murmur2Random,
            LingerMs = 1,
            QueueBufferingMaxMessages = 500_000,
            DeliveryReportFields = "none",
        };
        foreach (var (name, value) in properties) config.Set(name, value);
        _producer = new ProducerBuilder<byte[], byte[]>(config)
            .SetErrorHandler((_, error) => _error = error.Reason)
            .SetLogHandler((_, _) => { })
            .Build();
    }

    /// <summary>The newest error that librdkafka has told of, if any.</summary>
    public string? LastError => _error;

    public async Task PublishAsync(Load load, CancellationToken stop)
    {
        int[] users = [.. Enumerable.Range(0, _users.Count)];
        var feed = new Feed(users, _ledger, _writer, load, load.PaceOf(users.Length, users.Length, 0, 1), seed: ++_loads);
        // A thread of its own: its millisecond must not wait for the pool.
        await Task.Factory.StartNew(() => Send(feed, stop), CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
    }

    public ValueTask DisposeAsync()
    {
        _producer.Dispose();
        return ValueTask.CompletedTask;
    }

    private void Send(Feed feed, CancellationToken stop)
    {
        var buffer = new ArrayBufferWriter<byte>(4096);
        while (!feed.HasEnded && !stop.IsCancellationRequested)
        {
            var now = BenchClock.Micros;
            var due = feed.CountDue(now);
            if (due == 0)
            {
                stop.WaitHandle.WaitOne(feed.UntilNext(now));
                continue;
            }

            for (; due > 0 && !stop.IsCancellationRequested; due--)
            {
                buffer.ResetWrittenCount();
                var (user, number) = feed.Next(buffer, now);
                Produce(user, number, buffer.WrittenSpan.ToArray());
            }
        }

        _producer.Flush(FlushPatience);
    }

    private void Produce(int user, int number, byte[] value)
    {
        var message = new Message<byte[], byte[]> { Key = _users.Utf8NameOf(user), Value = value };
        while (true)
        {
            try
            {
                _producer.Produce(_topic, message, report => TakeReport(report.Error, user, number));
                return;
            }
            catch (ProduceException<byte[], byte[]> e) when (e.Error.Code == ErrorCode.Local_QueueFull)
            {
                // The events keep their intended times, so that this wait shows in their latencies.
                _producer.Poll(Tick);
            }
        }
    }

    private void TakeReport(Error error, int user, int number)
    {
        if (!error.IsError)
        {
            _ledger.Acknowledge(user, number);
            return;
        }

        _error = error.Reason;
        _ledger.Refuse();
    }
}
