using System.Diagnostics.Metrics;

namespace Belfry.Ingest.Kafka;

/// <summary>What the consumer and the dead-letter relay tell about themselves.</summary>
internal sealed class KafkaMetrics
{
    private readonly Counter<long> _consumed;
    private readonly Counter<long> _deadLetters;
    private readonly Counter<long> _keyMismatches;
    private readonly Counter<long> _rebalances;
    private readonly Counter<long> _offsetResets;
    private readonly Counter<long> _relayed;
    private Func<IEnumerable<PartitionPosition>> _positions = () => [];
    private volatile bool _connected;

    public KafkaMetrics(IMeterFactory meters)
    {
        var meter = meters.Create("Belfry");
        _consumed = meter.CreateCounter<long>("belfry.kafka.consumed", "{record}", "Records read and handed to the lanes");
        _deadLetters = meter.CreateCounter<long>("belfry.kafka.dead_letters", "{record}", "Records that could not become notifications");
        _keyMismatches = meter.CreateCounter<long>("belfry.kafka.key_mismatches", "{record}", "Records whose key is not the user that the value names");
        _rebalances = meter.CreateCounter<long>("belfry.kafka.rebalances", "{partition}", "Partitions assigned, revoked and lost");
        _offsetResets = meter.CreateCounter<long>("belfry.kafka.offset_resets", "{partition}", "Positions that were not there any more, so that reading began at the oldest record");
        _relayed = meter.CreateCounter<long>("belfry.kafka.relayed", "{record}", "Dead letters copied to the dead-letter topic");
        meter.CreateObservableGauge("belfry.kafka.lag", ReadLag, "{record}", "Records between what is stored and the end of the partition");
        meter.CreateObservableGauge("belfry.kafka.paused", () => _positions().Count(p => p.Paused), "{partition}", "Partitions that wait for room in a lane");
        meter.CreateObservableGauge("belfry.kafka.assigned", () => _positions().Count(), "{partition}", "Partitions of this instance");
        meter.CreateObservableGauge("belfry.kafka.connected", () => _connected ? 1 : 0, description: "Whether Kafka answers");
    }

    public bool Connected
    {
        set => _connected = value;
    }

    /// <summary>Says where the gauges look.</summary>
    public void Watch(Func<IEnumerable<PartitionPosition>> positions) => _positions = positions;

    public void Consumed(string topic) => _consumed.Add(1, new KeyValuePair<string, object?>("topic", topic));

    public void DeadLettered(string topic) => _deadLetters.Add(1, new KeyValuePair<string, object?>("topic", topic));

    public void KeyMismatched() => _keyMismatches.Add(1);

    public void Rebalanced(string change, int partitions) => _rebalances.Add(partitions, new KeyValuePair<string, object?>("change", change));

    public void OffsetReset(string topic) => _offsetResets.Add(1, new KeyValuePair<string, object?>("topic", topic));

    public void Relayed(int letters) => _relayed.Add(letters);

    private IEnumerable<Measurement<long>> ReadLag()
    {
        foreach (var position in _positions())
        {
            if (position.Lag is not { } lag) continue;
            yield return new Measurement<long>(
                lag,
                new KeyValuePair<string, object?>("topic", position.Topic),
                new KeyValuePair<string, object?>("partition", position.Partition));
        }
    }
}

/// <summary>Where reading of a partition stands.</summary>
/// <param name="Lag">Records that are not stored yet; null while that is not known.</param>
internal readonly record struct PartitionPosition(string Topic, int Partition, long? Lag, bool Paused);
