using System.Diagnostics.Metrics;

namespace Belfry.Work;

/// <summary>What the queue tells about itself.</summary>
internal sealed class WorkMetrics
{
    private readonly Counter<long> _claimed;
    private readonly Counter<long> _completed;
    private readonly Counter<long> _lost;
    private readonly Counter<long> _failed;
    private readonly Counter<long> _reclaimed;
    private readonly Counter<long> _dead;
    private readonly Histogram<double> _duration;
    private readonly Histogram<double> _wait;
    private readonly TimeProvider _time;

    public WorkMetrics(IMeterFactory meters, TimeProvider time, TaskBoard board)
    {
        _time = time;
        var meter = meters.Create("Belfry");
        _claimed = meter.CreateCounter<long>("belfry.work.claimed", "{task}", "Tasks claimed");
        _completed = meter.CreateCounter<long>("belfry.work.completed", "{task}", "Tasks done");
        _lost = meter.CreateCounter<long>("belfry.work.lost", "{task}", "Completions that did not count, because another worker had the task by then");
        _failed = meter.CreateCounter<long>("belfry.work.failed", "{attempt}", "Attempts that failed");
        _reclaimed = meter.CreateCounter<long>("belfry.work.reclaimed", "{task}", "Leases that ran out");
        _dead = meter.CreateCounter<long>("belfry.work.dead", "{task}", "Tasks that became dead letters");
        _duration = meter.CreateHistogram("belfry.work.duration", "s", "One run of a task", advice: Seconds);
        _wait = meter.CreateHistogram("belfry.work.wait", "s", "From the time at which a task was due to its end", advice: Seconds);
        meter.CreateObservableGauge("belfry.work.leased", () => board.HeldCount, "{task}", "Tasks that this instance holds");
        meter.CreateObservableGauge("belfry.work.channel", () => board.WaitingCount, "{task}", "Claimed tasks that wait for a worker");
    }

    private static InstrumentAdvice<double> Seconds => new()
    {
        HistogramBucketBoundaries = [0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 30, 60, 300],
    };

    public void Claimed(int tasks) => _claimed.Add(tasks);

    public void Ran(string kind, TimeSpan duration, ClaimedTask task)
    {
        var tag = KeyValuePair.Create<string, object?>("kind", kind);
        _duration.Record(duration.TotalSeconds, tag);
        _wait.Record(Math.Max(0, (_time.GetUtcNow().UtcDateTime - task.RunAt).TotalSeconds), tag);
    }

    public void Completed(int tasks, int lost)
    {
        _completed.Add(tasks);
        if (lost > 0) _lost.Add(lost);
    }

    public void Failed(string kind, bool again) =>
        _failed.Add(1, KeyValuePair.Create<string, object?>("kind", kind), KeyValuePair.Create<string, object?>("again", again));

    public void Died(int tasks) => _dead.Add(tasks);

    public void Reclaimed(int tasks, int dead)
    {
        _reclaimed.Add(tasks);
        if (dead > 0) _dead.Add(dead);
    }
}
