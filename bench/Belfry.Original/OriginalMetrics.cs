using System.Diagnostics.Metrics;

namespace Belfry.Original;

/// <summary>What the original is watched by.</summary>
internal sealed class OriginalMetrics
{
    private readonly Counter<long> _inserted;
    private readonly Counter<long> _refused;
    private readonly Counter<long> _lost;
    private readonly Counter<long> _claimed;
    private readonly Counter<long> _reclaimed;
    private readonly Counter<long> _finished;
    private readonly Counter<long> _dropped;
    private readonly Counter<long> _kept;

    public OriginalMetrics(IMeterFactory meters)
    {
        var meter = meters.Create("Belfry");
        _inserted = meter.CreateCounter<long>("belfry.original.inserted", "{row}", "Rows inserted");
        _refused = meter.CreateCounter<long>("belfry.original.refused", "{record}", "Records that were no event, and were passed over");
        _lost = meter.CreateCounter<long>("belfry.original.lost", "{row}", "Rows that could not be inserted after their offset was committed");
        _claimed = meter.CreateCounter<long>("belfry.original.claimed", "{row}", "Rows claimed");
        _reclaimed = meter.CreateCounter<long>("belfry.original.reclaimed", "{row}", "Rows given back when their lease ran out");
        _finished = meter.CreateCounter<long>("belfry.original.finished", "{row}", "Rows pushed or given up, by status");
        _dropped = meter.CreateCounter<long>("belfry.original.dropped", "{notification}", "Notifications dropped at a full connection");
        _kept = meter.CreateCounter<long>("belfry.original.kept", "{row}", "Rows left to the reclaim because a connection stayed full");
    }

    public void Inserted(int rows) => _inserted.Add(rows);

    public void Refused() => _refused.Add(1);

    public void Lost() => _lost.Add(1);

    public void Claimed(int rows) => _claimed.Add(rows);

    public void Reclaimed(int rows) => _reclaimed.Add(rows);

    public void Finished(string status) => _finished.Add(1, new KeyValuePair<string, object?>("status", status));

    public void Dropped() => _dropped.Add(1);

    public void Kept() => _kept.Add(1);
}
