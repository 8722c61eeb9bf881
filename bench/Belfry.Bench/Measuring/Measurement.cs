namespace Belfry.Bench.Measuring;

/// <summary>
/// A window of time, and what happened in it: what was to be sent, what was received, and how long that took for each event
/// that was to be sent in it, however late it came. Safe for use by several threads.
/// </summary>
internal sealed class Measurement
{
    // A long run's latencies are kept for coarser steps: a histogram of each takes memory.
    private const int MaxSteps = 300;

    // What is received after the window shows in the series too.
    private static readonly TimeSpan Tail = TimeSpan.FromMinutes(2);

    private readonly List<Recorder> _recorders = [];
    private readonly long _stepMicros;

    /// <param name="startMicros">Where the window begins.</param>
    /// <param name="duration">How long it is.</param>
    /// <param name="notificationsEach">For a replay: how many each stream is to receive; its latency is that of its last.</param>
    public Measurement(long startMicros, TimeSpan duration, int? notificationsEach = null)
    {
        StartMicros = startMicros;
        Duration = duration;
        NotificationsEach = notificationsEach;
        StepSeconds = Math.Max(1, (int)Math.Ceiling(duration.TotalSeconds / MaxSteps));
        _stepMicros = StepSeconds * 1_000_000L;
        Offered = new Timeline(startMicros, duration + Tail);
        Delivered = new Timeline(startMicros, duration + Tail);
    }

    public long StartMicros { get; }

    /// <summary>Shorter after <see cref="End"/>.</summary>
    public TimeSpan Duration { get; private set; }

    public int? NotificationsEach { get; }

    /// <summary>The length of the steps of <see cref="LatenciesOfSteps"/>.</summary>
    public int StepSeconds { get; }

    public int Steps => (int)Math.Ceiling(Duration.TotalSeconds / StepSeconds);

    /// <summary>By intended send time.</summary>
    public Timeline Offered { get; }

    /// <summary>By the time of arrival, each notification once for each stream.</summary>
    public Timeline Delivered { get; }

    /// <summary>The last arrival.</summary>
    public long LastMicros => Locked(recorders => recorders.Max(recorder => recorder.LastMicros));

    public double OfferedPerSecond => PerSecond(Offered);

    public double DeliveredPerSecond => PerSecond(Delivered);

    /// <summary>The window ends here, for what could not be said before how long it takes. When nothing is recorded any more.</summary>
    public void End(long micros)
    {
        var duration = BenchClock.ToTimeSpan(micros - StartMicros);
        if (duration < Duration) Duration = duration;
    }

    public Recorder NewRecorder()
    {
        var recorder = new Recorder(this);
        lock (_recorders) _recorders.Add(recorder);
        return recorder;
    }

    public bool Covers(long micros) => micros >= StartMicros && micros < StartMicros + BenchClock.Of(Duration);

    public int StepOf(long micros) => (int)((micros - StartMicros) / _stepMicros);

    public double PerSecond(Timeline timeline) => timeline.CountWithin(Duration) / Duration.TotalSeconds;

    /// <summary>When nothing is recorded any more.</summary>
    public Latencies MergeLatencies() => Merge(recorder => recorder.Latencies);

    public Latencies MergeConnects() => Merge(recorder => recorder.Connects);

    public IReadOnlyList<LatencySummary> LatenciesOfSteps() =>
        [.. Enumerable.Range(0, Steps).Select(step => Merge(recorder => recorder.OfStep[step], Latencies.Coarse).Summarize())];

    private Latencies Merge(Func<Recorder, Latencies?> select, int digits = Latencies.Fine) => Locked(recorders =>
    {
        var all = new Latencies(digits);
        foreach (var latencies in recorders.Select(select).OfType<Latencies>()) all.Add(latencies);
        return all;
    });

    private T Locked<T>(Func<IReadOnlyList<Recorder>, T> read)
    {
        lock (_recorders) return read(_recorders);
    }
}
