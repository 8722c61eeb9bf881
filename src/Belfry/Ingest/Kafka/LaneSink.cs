using System.Collections.Concurrent;
using Belfry.Mailboxes;
using Belfry.Mailboxes.Lanes;
using Confluent.Kafka;
using Microsoft.Extensions.Options;

namespace Belfry.Ingest.Kafka;

/// <summary>
/// Puts what is read into the lanes: a partition's records into the lane of its number, where events by HTTP of the same users
/// go too. Where reading begins is what the store says, moved in the transactions that store the rows.
/// </summary>
internal sealed class LaneSink : IRecordSink
{
    private readonly AppendLanes _lanes;
    private readonly IMailboxStore _store;
    private readonly StoreMonitor _monitor;
    private readonly KafkaOptions _options;
    private readonly IngestMetrics _ingest;
    private readonly KafkaMetrics _metrics;
    private readonly DeadLetterWatch _deadLetters;
    private readonly TimeProvider _time;
    private readonly ConcurrentDictionary<TopicPartition, PartitionLease> _leases = new();

    public LaneSink(
        AppendLanes lanes, IMailboxStore store, StoreMonitor monitor, IOptions<KafkaOptions> options, IngestMetrics ingest, KafkaMetrics metrics,
        DeadLetterWatch deadLetters, TimeProvider time)
    {
        _lanes = lanes;
        _store = store;
        _monitor = monitor;
        _options = options.Value;
        _ingest = ingest;
        _metrics = metrics;
        _deadLetters = deadLetters;
        _time = time;
    }

    /// <summary>A partition was found moved by another consumer. From the lane's loop: must not block.</summary>
    public event Action<PartitionLease>? WasFenced;

    public void SawTopic(string topic, int partitions) => _lanes.Partitions = partitions;

    /// <summary>What this instance holds now.</summary>
    public IEnumerable<PartitionLease> Leases => _leases.Values.Where(lease => lease.IsHeld);

    public IPartitionSink Open(TopicPartition partition) => _leases[partition] = new PartitionLease(
        this,
        new PartitionKey(_options.Cluster, _options.GroupId, partition.Topic, partition.Partition),
        new RecordDoor(partition, _ingest, _metrics, _time),
        _lanes.OfPartition(partition.Partition),
        express: _options.HighTopics.Contains(partition.Topic));

    public async Task WhenReadyAsync(CancellationToken ct)
    {
        await _monitor.Opened.WaitAsync(ct);
        for (var attempt = 1; ; attempt++)
        {
            try
            {
                await _store.PingAsync(ct);
                return;
            }
            catch (StoreUnavailableException)
            {
                // The monitor says so.
            }

            await Task.Delay(Backoff.After(attempt), _time, ct);
        }
    }

    public async Task<IReadOnlyDictionary<TopicPartition, long>> FindStartsAsync(IReadOnlyList<IPartitionSink> partitions, CancellationToken ct)
    {
        var leases = partitions.Cast<PartitionLease>().ToList();
        var offsets = await _store.ReadOffsetsAsync(leases.ConvertAll(l => l.Key), ct);
        var starts = new Dictionary<TopicPartition, long>();
        foreach (var lease in leases)
        {
            lease.Expected = offsets[lease.Key];
            if (lease.Expected >= 0) starts[lease.Partition] = lease.Expected;
            lease.Began();
        }

        return starts;
    }

    public void Fenced(PartitionLease lease) => WasFenced?.Invoke(lease);

    public void Finished(LaneItem item)
    {
        switch (item.Outcome)
        {
            case LaneOutcome.Stored:
                _ingest.Accepted(IngestMetrics.Kafka, 1);
                break;

            case LaneOutcome.DeadLettered:
                _metrics.DeadLettered(item.Record!.Lease.Partition.Topic);
                _deadLetters.Wake();
                break;
        }
    }
}
