using System.Text;
using System.Text.Json;
using Belfry.Contracts;
using Confluent.Kafka;

namespace Belfry.Hosting.Producers;

/// <summary>Publishes to a Kafka topic: the key is the user or the topic, the value the event.</summary>
internal sealed class KafkaSink : IEventSink
{
    private static readonly TimeSpan FlushLimit = TimeSpan.FromSeconds(1);

    private readonly IProducer<byte[], byte[]> _producer;
    private readonly string _topic;
    private readonly TimeProvider _time;

    public KafkaSink(string bootstrapServers, string topic, IEnumerable<KeyValuePair<string, string>> properties, TimeProvider time)
    {
        _topic = topic;
        _time = time;
        var config = new ProducerConfig
        {
            BootstrapServers = bootstrapServers,
            ClientId = "belfry-produce",
            Acks = Acks.All,
            LingerMs = 5,
            // As every Java producer does: one user's events are then in one partition, whoever publishes them.
            Partitioner = Partitioner.Murmur2Random,
        };
        foreach (var (name, value) in properties) config.Set(name, value);
        _producer = new ProducerBuilder<byte[], byte[]>(config).SetLogHandler((_, _) => { }).Build();
    }

    public async Task<SendResult> SendAsync(IReadOnlyList<PublishEvent> events, CancellationToken ct)
    {
        var sent = new Batch(events.Count);
        foreach (var published in events)
        {
            var message = new Message<byte[], byte[]>
            {
                Key = Encoding.UTF8.GetBytes(published.UserId ?? published.Topic!),
                Value = JsonSerializer.SerializeToUtf8Bytes(published, ContractsJson.Default.PublishEvent),
            };
            await ProduceAsync(message, sent, ct);
        }

        return await sent.Done.WaitAsync(ct);
    }

    public ValueTask DisposeAsync()
    {
        _producer.Flush(FlushLimit);
        _producer.Dispose();
        return ValueTask.CompletedTask;
    }

    private async Task ProduceAsync(Message<byte[], byte[]> message, Batch batch, CancellationToken ct)
    {
        while (true)
        {
            try
            {
                _producer.Produce(_topic, message, batch.Report);
                return;
            }
            catch (ProduceException<byte[], byte[]> e) when (e.Error.Code == ErrorCode.Local_QueueFull)
            {
                // The client's queue is bounded: what is due waits here, and keeps its intended time.
                await Task.Delay(TimeSpan.FromMilliseconds(5), _time, ct);
            }
            catch (ProduceException<byte[], byte[]> e)
            {
                throw new SinkRefusedException(e.Error.Reason);
            }
        }
    }

    /// <summary>Counts the reports of one batch. They come from the client's own thread.</summary>
    private sealed class Batch(int count)
    {
        private readonly TaskCompletionSource<SendResult> _done = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private readonly int _count = count;
        private int _left = count;
        private int _failed;
        private string? _reason;

        public Task<SendResult> Done => _done.Task;

        public void Report(DeliveryReport<byte[], byte[]> report)
        {
            if (report.Error.IsError)
            {
                _reason ??= report.Error.Reason;
                Interlocked.Increment(ref _failed);
            }

            // The client has tried for its own message.timeout.ms before it reports a failure.
            if (Interlocked.Decrement(ref _left) == 0) _done.TrySetResult(new SendResult(_count - _failed, _failed, _reason));
        }
    }
}
