using Belfry.Bench.Measuring;
using Belfry.Bench.Report;

namespace Belfry.Bench.Scenarios;

/// <summary>Connections and nothing else: what each of them costs.</summary>
internal sealed class IdleScenario : Scenario
{
    // Code, pools and the heap's first growth come with the first connections; they are not what one more costs.
    private const int WarmUpConnections = 500;

    public override string Name => "idle";

    public override string Description => "connections only: the memory that each takes, in the server and in the kernel";

    public override int DefaultConnections => 10_000;

    public override TimeSpan DefaultDuration => TimeSpan.FromSeconds(35);

    public override bool Publishes => false;

    public override async Task<RunReport> RunAsync(Run run, CancellationToken ct)
    {
        var options = run.Options;
        var first = Math.Min(WarmUpConnections, options.Connections / 10);
        await run.OpenStreamsAsync(first, ct);
        await Task.Delay(options.WarmUp, TimeProvider.System, ct);
        var before = await Snapshot.TakeAsync(run.Stand, ct);

        await run.OpenStreamsAsync(options.Connections - first, ct);
        run.Progress.Say($"idle for {options.Duration.TotalSeconds:0.#} s: two heartbeats");
        var window = new Measurement(BenchClock.Micros, options.Duration);
        await Task.Delay(options.Duration, TimeProvider.System, ct);
        var after = await Snapshot.TakeAsync(run.Stand, ct);

        var report = new ReportBuilder(run, default);
        report.AddIdle(new MeasuredLoad(window, before, after, 0, drained: true), options.Connections - first);
        return await report.FinishAsync(ct);
    }
}
