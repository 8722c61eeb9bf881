using System.Diagnostics.Metrics;

namespace Belfry.Mailboxes.Lanes;

/// <summary>What the lanes tell about themselves.</summary>
internal sealed class LaneMetrics
{
    private readonly Counter<long> _stored;
    private readonly Counter<long> _storedByTasks;
    private readonly Counter<long> _duplicates;
    private readonly Counter<long> _retries;
    private readonly Counter<long> _fenced;
    private readonly Counter<long> _refused;
    private readonly Histogram<int> _batchSize;
    private readonly Histogram<double> _duration;
    private long _storedTotal;

    public LaneMetrics(IMeterFactory meters)
    {
        var meter = meters.Create("Belfry");
        _stored = meter.CreateCounter<long>("belfry.mailboxes.stored", "{notification}", "Notifications stored, without duplicates");
        _storedByTasks = meter.CreateCounter<long>("belfry.mailboxes.stored_by_tasks", "{notification}", "Those of them that a task has brought: scheduled events, topics, many users");
        _duplicates = meter.CreateCounter<long>("belfry.mailboxes.duplicates", "{notification}", "Events that had been stored before");
        _retries = meter.CreateCounter<long>("belfry.mailboxes.append.retries", "{attempt}", "Batches sent again because the store did not answer");
        _fenced = meter.CreateCounter<long>("belfry.mailboxes.fenced", "{batch}", "Batches of which a partition had been moved by another consumer");
        _refused = meter.CreateCounter<long>("belfry.mailboxes.refused", "{notification}", "Events that the store would not take");
        _batchSize = meter.CreateHistogram("belfry.mailboxes.batch.size", "{event}", "Events in one transaction", advice: new InstrumentAdvice<int>
        {
            HistogramBucketBoundaries = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10000],
        });
        _duration = meter.CreateHistogram("belfry.mailboxes.append.duration", "s", "From the first try of a batch to its commit", advice: new InstrumentAdvice<double>
        {
            HistogramBucketBoundaries = [0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10],
        });
        Meter = meter;
    }

    /// <summary>For gauges of those who own what is measured.</summary>
    public Meter Meter { get; }

    /// <summary>Notifications stored so far, without duplicates.</summary>
    public long StoredTotal => Interlocked.Read(ref _storedTotal);

    public void Stored(List<LaneItem> items, TimeSpan duration)
    {
        if (items.Count == 0) return;
        var duplicates = 0;
        var others = 0;
        var byTasks = 0;
        foreach (var item in items)
        {
            if (item is { DeadLetter: not null } or { Task: not null }) others++;
            else if (item.Answer.Duplicate) duplicates++;
            else if (item.Hold is not null) byTasks++;
        }

        _stored.Add(items.Count - duplicates - others);
        Interlocked.Add(ref _storedTotal, items.Count - duplicates - others);
        if (byTasks > 0) _storedByTasks.Add(byTasks);
        _duplicates.Add(duplicates);
        _batchSize.Record(items.Count);
        _duration.Record(duration.TotalSeconds);
    }

    public void Retried() => _retries.Add(1);

    public void Fenced() => _fenced.Add(1);

    public void Refused() => _refused.Add(1);
}
