using System.Text;
using Belfry.Contracts;
using Belfry.Mailboxes;
using Belfry.Settings;
using Belfry.Work;
using Confluent.Kafka;
using Microsoft.Extensions.Options;

namespace Belfry.Ingest.Kafka;

/// <summary>
/// The task that copies dead letters to their topic: all that have not been copied, at least once, with their position as the id.
/// They are safe in the store before that, so neither Kafka nor the topic need to be there for the partition to go on.
/// </summary>
internal sealed class DeadLetterRelay(
    IMailboxStore store, IOptions<KafkaOptions> options, IOptions<ConnectionStrings> connections, KafkaMetrics metrics) : TaskKind
{
    public const string KindName = "relay";

    private const int Page = 100;

    private static readonly TimeSpan LongestPause = TimeSpan.FromMinutes(5);

    private readonly string _topic = options.Value.DeadLetterTopic;
    private readonly ProducerConfig _config = KafkaClients.Producer(connections.Value.Kafka!, options.Value);

    public override string Name => KindName;

    public override TimeSpan Timeout => TimeSpan.FromMinutes(10);

    /// <summary>One for all letters, whoever adds it. Kafka may be away for months; what dies even so is added anew as long as there are letters.</summary>
    public static NewTask New() => new(
        Route: KindName, KindName, EventKey.Of(KindName, KindName), Priority.Low, RunAt: null, MaxAttempts: short.MaxValue, "{}"u8.ToArray());

    public override TimeSpan RetryAfter(int attempts)
    {
        var pause = RetryDelays.After(attempts);
        return pause < LongestPause ? pause : LongestPause;
    }

    public override async Task<TaskResult> RunAsync(ClaimedTask task, CancellationToken ct)
    {
        while (_topic.Length > 0 && await RelayPageAsync(ct) == Page)
        {
        }

        return TaskResult.Done;
    }

    /// <summary>Relays the oldest ones, and answers how many.</summary>
    private async Task<int> RelayPageAsync(CancellationToken ct)
    {
        var letters = await store.ReadUnrelayedAsync(Page, ct);
        if (letters.Count == 0) return 0;

        // Made when there is something to say, which is rare: a producer keeps connections and threads.
        using var producer = new ProducerBuilder<byte[], byte[]>(_config).SetLogHandler((_, _) => { }).Build();
        await Task.WhenAll(letters.Select(letter => ProduceAsync(producer, DeadLetterEnvelope.Of(letter), ct)));
        await store.MarkRelayedAsync([.. letters.Select(l => l.Letter)], ct);
        metrics.Relayed(letters.Count);
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
}
