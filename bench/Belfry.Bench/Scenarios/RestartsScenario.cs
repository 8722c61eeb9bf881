using Belfry.Bench.Measuring;
using Belfry.Bench.Producers;
using Belfry.Bench.Report;

namespace Belfry.Bench.Scenarios;

/// <summary>
/// A deployment and an accident under load: each instance in turn is told to end and started again, then one is killed. Shows how
/// long clients are without a stream, how fast they come back, and that they miss nothing.
/// </summary>
internal sealed class RestartsScenario : Scenario
{
    private static readonly TimeSpan Longest = TimeSpan.FromHours(1);
    private static readonly TimeSpan Lead = TimeSpan.FromMilliseconds(50);
    private static readonly TimeSpan Between = TimeSpan.FromSeconds(5);

    // What a killed instance read from Kafka stands still until its session there has ended.
    private static readonly TimeSpan AfterKill = TimeSpan.FromSeconds(20);

    public override string Name => "restarts";

    public override string Description => "every instance in turn ended by SIGTERM and started again under load, then one killed: how long clients are away, how fast they come back, what they miss";

    public override int DefaultInstances => 3;

    public override async Task<RunReport> RunAsync(Run run, CancellationToken ct)
    {
        await run.OpenStreamsAsync(run.Options.Connections, ct);
        run.Progress.Say($"warming up for {run.Options.WarmUp.TotalSeconds:0.#} s");
        var rate = run.Options.Rate ?? throw new BenchFailedException("restarts has a rate, not max.");
        await MeasuredLoad.RunRateAsync(run, rate, run.Options.WarmUp, long.MaxValue, ct);

        var kafka = run.Kafka is null ? default : await run.Kafka.ReadAsync(ct);
        var window = new Measurement(BenchClock.Micros + BenchClock.Of(Lead), Longest);
        await run.Streams.MeasureAsync(window);
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(ct);
        var publishing = run.Publisher.PublishAsync(new RateLoad(window.StartMicros, rate, Longest, window.Offered), stop.Token);
        var steps = await StepsAsync(run, publishing, ct);

        var before = await Snapshot.TakeAsync(run.Stand, ct);
        var deliveries = run.Streams.Counts.Deliveries;
        await PauseAsync(publishing, AfterKill, ct);
        await stop.CancelAsync();
        await publishing;
        var drained = await run.DrainAsync(ct);
        await run.Streams.StopMeasuringAsync();
        window.End(BenchClock.Micros);
        var after = await Snapshot.TakeAsync(run.Stand, ct);

        var report = new ReportBuilder(run, kafka);
        report.AddRestarts(new MeasuredLoad(window, before, after, run.Streams.Counts.Deliveries - deliveries, drained), steps);
        return await report.FinishAsync(ct);
    }

    private static async Task<List<RestartReport>> StepsAsync(Run run, Task publishing, CancellationToken ct)
    {
        var steps = new List<RestartReport>();
        var servers = run.Stand.Servers;
        for (var i = 0; i < servers.Count; i++) steps.Add(await RestartStep.RunAsync(run, i, RestartKind.Terminate, ct));
        await PauseAsync(publishing, Between, ct);
        // The first: it has been up for long enough to have clients again.
        steps.Add(await RestartStep.RunAsync(run, 0, RestartKind.Kill, ct));
        return steps;
    }

    private static async Task PauseAsync(Task publishing, TimeSpan pause, CancellationToken ct)
    {
        await Task.WhenAny(publishing, Task.Delay(pause, TimeProvider.System, ct));
        if (publishing.IsFaulted) await publishing;
    }
}
