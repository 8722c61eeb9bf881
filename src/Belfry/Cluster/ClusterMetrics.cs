using System.Diagnostics.Metrics;

namespace Belfry.Cluster;

/// <summary>What an instance tells about the others.</summary>
internal sealed class ClusterMetrics
{
    private readonly Counter<long> _sent;
    private readonly Counter<long> _sentUsers;
    private readonly Counter<long> _failed;
    private readonly Counter<long> _received;
    private readonly Counter<long> _repaired;
    private readonly Counter<long> _breaks;
    private readonly Histogram<double> _sweep;

    public ClusterMetrics(IMeterFactory meters, Members members)
    {
        var meter = meters.Create("Belfry");
        meter.CreateObservableGauge("belfry.cluster.instances", () => members.All.Count(m => m.Alive), "{instance}", "Instances whose lease has not run out");
        _sent = meter.CreateCounter<long>("belfry.cluster.wakeups.sent", "{message}", "Messages to the other instances");
        _sentUsers = meter.CreateCounter<long>("belfry.cluster.wakeups.users", "{user}", "Users that were named in them");
        _failed = meter.CreateCounter<long>("belfry.cluster.wakeups.failed", "{message}", "Messages that could not be sent; the others' sweeps find what they were about");
        _received = meter.CreateCounter<long>("belfry.cluster.wakeups.received", "{message}", "Messages of other instances");
        _repaired = meter.CreateCounter<long>("belfry.cluster.wakeups.repaired", "{user}", "Users with a stream here of whom a sweep told first");
        _breaks = meter.CreateCounter<long>("belfry.cluster.listener.breaks", "{break}", "Times that the connection which wake-ups come over was lost");
        _sweep = meter.CreateHistogram("belfry.cluster.sweep.duration", "s", "One look through what the log has just received", advice: new InstrumentAdvice<double>
        {
            HistogramBucketBoundaries = [0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10],
        });
    }

    public void Sent(int messages, int users)
    {
        _sent.Add(messages);
        _sentUsers.Add(users);
    }

    public void Failed() => _failed.Add(1);

    public void Received() => _received.Add(1);

    public void Repaired(int users) => _repaired.Add(users);

    public void Broke() => _breaks.Add(1);

    public void Swept(TimeSpan duration) => _sweep.Record(duration.TotalSeconds);
}
