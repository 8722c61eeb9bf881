namespace Belfry.Dashboard.Measuring;

/// <summary>Takes what one instrument measures, of all tags or of those with one value. <see cref="Record"/> runs where the measuring code runs.</summary>
internal abstract class Probe(string? tag, object? value)
{
    public void Offer(double measurement, ReadOnlySpan<KeyValuePair<string, object?>> tags)
    {
        if (tag is not null && !Equals(Find(tags, tag), value)) return;
        Record(measurement, tags);
    }

    protected abstract void Record(double measurement, ReadOnlySpan<KeyValuePair<string, object?>> tags);

    protected static object? Find(ReadOnlySpan<KeyValuePair<string, object?>> tags, string name)
    {
        foreach (var (key, found) in tags)
        {
            if (key == name) return found;
        }

        return null;
    }
}

/// <summary>The total of a counter.</summary>
internal sealed class CounterProbe(string? tag, object? value) : Probe(tag, value)
{
    private long _total;
    private long _before;

    public long Total => Interlocked.Read(ref _total);

    /// <summary>What has come since the last time.</summary>
    public long Take()
    {
        var total = Total;
        var rise = total - _before;
        _before = total;
        return rise;
    }

    protected override void Record(double measurement, ReadOnlySpan<KeyValuePair<string, object?>> tags) => Interlocked.Add(ref _total, (long)measurement);
}

/// <summary>The sum of an observed instrument over its tags; not a number while nothing measures it.</summary>
internal sealed class GaugeProbe(string? tag, object? value) : Probe(tag, value)
{
    public double Sum { get; private set; } = double.NaN;

    public void Clear() => Sum = double.NaN;

    protected override void Record(double measurement, ReadOnlySpan<KeyValuePair<string, object?>> tags) =>
        Sum = double.IsNaN(Sum) ? measurement : Sum + measurement;
}

/// <summary>The values of a histogram.</summary>
internal sealed class HistogramProbe() : Probe(null, null)
{
    private readonly LogBuckets _buckets = new();

    /// <summary>Of the second before the last roll.</summary>
    public Digest Last { get; private set; } = Digest.Empty;

    public void Roll() => Last = _buckets.Drain();

    protected override void Record(double measurement, ReadOnlySpan<KeyValuePair<string, object?>> tags) => _buckets.Record(measurement);
}

/// <summary>An observed instrument by Kafka's partition.</summary>
internal sealed class PartitionProbe() : Probe(null, null)
{
    private List<PartitionLag> _next = [];
    private volatile List<PartitionLag> _lags = [];

    public IReadOnlyList<PartitionLag> Lags => _lags;

    /// <summary>Shows what was observed. A new list each time: whoever has the last one keeps it.</summary>
    public void Roll()
    {
        _lags = _next;
        _next = [];
    }

    protected override void Record(double measurement, ReadOnlySpan<KeyValuePair<string, object?>> tags)
    {
        if (Find(tags, "topic") is string topic && Find(tags, "partition") is int partition) _next.Add(new PartitionLag(topic, partition, (long)measurement));
    }
}

/// <summary>Records of a partition that are not stored yet.</summary>
internal sealed record PartitionLag(string Topic, int Partition, long Lag);
