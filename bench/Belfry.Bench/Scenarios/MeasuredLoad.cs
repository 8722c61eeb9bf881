using Belfry.Bench.Measuring;
using Belfry.Bench.Producers;

namespace Belfry.Bench.Scenarios;

/// <summary>A load, what came of it, and what the machine gave for it.</summary>
internal sealed class MeasuredLoad
{
    // The first events are to be on time: the threads that send them must have begun to wait.
    private static readonly TimeSpan Lead = TimeSpan.FromMilliseconds(50);
    private static readonly TimeSpan ProgressInterval = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan WatchInterval = TimeSpan.FromMilliseconds(20);

    // A way in that has fallen behind may send what is due for so long after the window.
    private static readonly TimeSpan LatePatience = TimeSpan.FromSeconds(60);

    public MeasuredLoad(Measurement measurement, Snapshot before, Snapshot after, long deliveries, bool drained)
    {
        Measurement = measurement;
        Before = before;
        After = after;
        Deliveries = deliveries;
        Drained = drained;
    }

    public Measurement Measurement { get; }

    public Snapshot Before { get; }

    public Snapshot After { get; }

    /// <summary>Notifications received between the two snapshots.</summary>
    public long Deliveries { get; }

    /// <summary>Whether everything arrived in the end.</summary>
    public bool Drained { get; }

    /// <summary>A rate for a time. It is given up early when so many events are on their way that it cannot hold any more.</summary>
    public static Task<MeasuredLoad> RunRateAsync(Run run, double perSecond, TimeSpan duration, long giveUpAt, CancellationToken ct) =>
        RunAsync(run, duration, window => new RateLoad(window.StartMicros, perSecond, duration, window.Offered), giveUpAt, ct);

    /// <summary>As fast as it goes for a time, with so many on their way.</summary>
    public static Task<MeasuredLoad> RunFlatOutAsync(Run run, TimeSpan duration, long onTheWay, CancellationToken ct) =>
        RunAsync(run, duration, window => new FlatOutLoad(() => run.OnTheWay, onTheWay, window.Offered), long.MaxValue, ct);

    private static async Task<MeasuredLoad> RunAsync(Run run, TimeSpan duration, Func<Measurement, Load> loadOf, long giveUpAt, CancellationToken ct)
    {
        var before = await Snapshot.TakeAsync(run.Stand, ct);
        var measurement = new Measurement(BenchClock.Micros + BenchClock.Of(Lead), duration);
        var load = loadOf(measurement);
        var deliveries = run.Streams.Counts.Deliveries;
        await run.Streams.MeasureAsync(measurement);
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(ct);
        var publishing = run.Publisher.PublishAsync(load, stop.Token);
        await WatchAsync(run, measurement, load, publishing, giveUpAt, ct);
        if (!load.EndsByItself || !publishing.IsCompleted) stop.CancelAfter(load.EndsByItself ? LatePatience : TimeSpan.Zero);
        await publishing;

        var drained = await run.DrainAsync(ct);
        await run.Streams.StopMeasuringAsync();
        var after = await Snapshot.TakeAsync(run.Stand, ct);
        return new MeasuredLoad(measurement, before, after, run.Streams.Counts.Deliveries - deliveries, drained);
    }

    /// <summary>Tells how it goes; returns at the window's end, or when it is hopeless.</summary>
    private static async Task WatchAsync(Run run, Measurement measurement, Load load, Task publishing, long giveUpAt, CancellationToken ct)
    {
        var end = measurement.StartMicros + BenchClock.Of(measurement.Duration);
        var nextSay = measurement.StartMicros + BenchClock.Of(ProgressInterval);
        var (published, said) = (run.Ledger.Published, run.Streams.Counts.Deliveries);
        using var timer = new PeriodicTimer(WatchInterval, TimeProvider.System);
        while (BenchClock.Micros < end && !publishing.IsFaulted)
        {
            await timer.WaitForNextTickAsync(ct);
            run.Streams.ThrowIfFailed();
            var late = Math.Max(0, load.DueBy(BenchClock.Micros) - (run.Ledger.Published - published));
            if (run.OnTheWay + late > giveUpAt) return;
            if (BenchClock.Micros < nextSay) continue;

            var counts = run.Streams.Counts;
            run.Progress.Say(
                $"delivered {counts.Deliveries:N0} ({(counts.Deliveries - said) / ProgressInterval.TotalSeconds:N0}/s), on the way {run.OnTheWay + late:N0}, "
                + $"streams {counts.Active:N0} open, {counts.Failed:N0} failed, {counts.Reconnects:N0} reconnected");
            said = counts.Deliveries;
            nextSay += BenchClock.Of(ProgressInterval);
        }
    }
}
