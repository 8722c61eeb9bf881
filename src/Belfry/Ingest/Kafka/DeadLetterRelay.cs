using System.Text;
using System.Threading.Channels;
using Belfry.Mailboxes;
using Belfry.Settings;
using Confluent.Kafka;
using Microsoft.Extensions.Options;

namespace Belfry.Ingest.Kafka;

/// <summary>
/// Copies dead letters to their topic, at least once, with their position as the id. They are safe in the store before that, so
/// neither Kafka nor the topic need to be there for the partition to go on.
/// </summary>
internal sealed partial class DeadLetterRelay : BackgroundService
{
    private const int Page = 100;

    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan LongestPause = TimeSpan.FromMinutes(1);

    // Full means that it is awake already.
    private readonly Channel<bool> _wakes = Channel.CreateBounded<bool>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite });
    private readonly IMailboxStore _store;
    private readonly StoreMonitor _monitor;
    private readonly KafkaMetrics _metrics;
    private readonly TimeProvider _time;
    private readonly ILogger<DeadLetterRelay> _log;
    private readonly string _topic;
    private readonly ProducerConfig _config;

    public DeadLetterRelay(
        IMailboxStore store, StoreMonitor monitor, IOptions<KafkaOptions> options, IOptions<ConnectionStrings> connections, KafkaMetrics metrics,
        TimeProvider time, ILogger<DeadLetterRelay> log)
    {
        _store = store;
        _monitor = monitor;
        _metrics = metrics;
        _time = time;
        _log = log;
        _topic = options.Value.DeadLetterTopic;
        _config = KafkaClients.Producer(connections.Value.Kafka!, options.Value);
    }

    /// <summary>There is a new dead letter. Any thread; never blocks.</summary>
    public void Wake() => _wakes.Writer.TryWrite(true);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        if (_topic.Length == 0) return;
        try
        {
            await _monitor.Opened.WaitAsync(stoppingToken);
            for (var failures = 0; ;)
            {
                try
                {
                    while (await RelayPageAsync(stoppingToken) == Page)
                    {
                    }

                    failures = 0;
                }
                catch (Exception e) when (e is KafkaException or StoreUnavailableException)
                {
                    if (++failures == 1) Log.Waiting(_log, _topic, e.Message);
                }

                await PauseAsync(failures, stoppingToken);
            }
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // The host stops; what is not marked is relayed by the next start.
        }
    }

    /// <summary>Relays the oldest ones, and answers how many.</summary>
    internal async Task<int> RelayPageAsync(CancellationToken ct)
    {
        var letters = await _store.ReadUnrelayedAsync(Page, ct);
        if (letters.Count == 0) return 0;

        // Made when there is something to say, which is rare: a producer keeps connections and threads.
        using var producer = new ProducerBuilder<byte[], byte[]>(_config).SetLogHandler((_, _) => { }).Build();
        await Task.WhenAll(letters.Select(letter => ProduceAsync(producer, DeadLetterEnvelope.Of(letter), ct)));
        await _store.MarkRelayedAsync([.. letters.Select(l => l.Letter)], ct);
        _metrics.Relayed(letters.Count);
        return letters.Count;
    }

    private async Task ProduceAsync(IProducer<byte[], byte[]> producer, DeadLetterEnvelope envelope, CancellationToken ct)
    {
        var message = new Message<byte[], byte[]> { Key = Encoding.UTF8.GetBytes(envelope.Id), Value = envelope.ToJson() };
        try
        {
            await producer.ProduceAsync(_topic, message, ct);
        }
        catch (ProduceException<byte[], byte[]> e) when (e.Error.Code is ErrorCode.MsgSizeTooLarge or ErrorCode.RecordListTooLarge && envelope.Value is not null)
        {
            // In base64 a record is larger than it was, and the broker may not take it: its bytes stay in the store.
            message.Value = (envelope with { Value = null, ValueOmitted = true }).ToJson();
            await producer.ProduceAsync(_topic, message, ct);
        }
    }

    private async Task PauseAsync(int failures, CancellationToken ct)
    {
        if (failures == 0)
        {
            using var limit = CancellationTokenSource.CreateLinkedTokenSource(ct);
            limit.CancelAfter(Interval);
            try
            {
                await _wakes.Reader.ReadAsync(limit.Token);
            }
            catch (OperationCanceledException) when (!ct.IsCancellationRequested)
            {
                // Letters of an instance that died are nobody's to announce.
            }

            return;
        }

        var pause = TimeSpan.FromSeconds(Math.Min(LongestPause.TotalSeconds, Math.Pow(2, failures - 1)));
        await Task.Delay(pause * (0.5 + (Random.Shared.NextDouble() / 2)), _time, ct);
    }

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Warning, "Dead letters wait in the store, because they cannot be copied to {Topic}: {Reason}")]
        public static partial void Waiting(ILogger logger, string topic, string reason);
    }
}
