using Belfry.Bench.Measuring;
using Belfry.Bench.Producers;
using Belfry.Bench.Report;
using Belfry.Bench.Topology;

namespace Belfry.Bench.Scenarios;

/// <summary>
/// One event for a topic with very many members. The server is killed in between and goes on where it was; single events go to
/// connected users beside it, as long as it works.
/// </summary>
internal sealed class FanOutScenario : Scenario
{
    public const string ScenarioName = "fanout";

    private static readonly TimeSpan Longest = TimeSpan.FromHours(1);
    private static readonly TimeSpan Lead = TimeSpan.FromMilliseconds(50);
    private static readonly TimeSpan Poll = TimeSpan.FromMilliseconds(20);
    private static readonly TimeSpan ReconnectPatience = TimeSpan.FromSeconds(60);

    public override string Name => ScenarioName;

    public override string Description =>
        "one event for a topic of --members, the server killed --kills times in between: mailboxes a second, each once, and the latency of single events beside it";

    public override int DefaultConnections => 100;

    public override string DefaultRate => "100";

    public override string DefaultVia => "http";

    public override async Task<RunReport> RunAsync(Run run, CancellationToken ct)
    {
        using var topic = new BenchTopic(run);
        await using var probe = new FanOutProbe(run.Stand.PostgresConnectionString!);
        run.Progress.Say($"putting {run.Options.Members:N0} members into a topic");
        var addedPerS = await topic.FillAsync(ct);
        run.Progress.Say($"{addedPerS:N0} members/s");
        await run.OpenStreamsAsync(run.Options.Connections, ct);
        run.Progress.Say($"warming up for {run.Options.WarmUp.TotalSeconds:0.#} s");
        await MeasuredLoad.RunRateAsync(run, run.Options.Rate!.Value, run.Options.WarmUp, long.MaxValue, ct);

        var kafka = run.Kafka is null ? default : await run.Kafka.ReadAsync(ct);
        var window = new Measurement(BenchClock.Micros, Longest);
        await run.Streams.MeasureAsync(window);
        var watch = new FanOutWatch(run, topic, probe);
        var before = await Snapshot.TakeAsync(run.Stand, ct);
        var deliveries = run.Streams.Counts.Deliveries;
        await watch.BeginAsync(ct);
        var drained = await WorkAsync(run, watch, window, ct);
        for (var kill = 1; kill <= run.Options.Kills && !watch.IsDone; kill++)
        {
            await watch.KillAsync(ct);
            await run.Streams.WaitUntilOpenAsync(ReconnectPatience, ct);
            before = await Snapshot.TakeAsync(run.Stand, ct);
            deliveries = run.Streams.Counts.Deliveries;
            await watch.WaitUntilClaimedAsync(ct);
            drained &= await WorkAsync(run, watch, window, ct);
        }

        await run.Streams.StopMeasuringAsync();
        window.End(BenchClock.Micros);
        var after = await Snapshot.TakeAsync(run.Stand, ct);

        run.Progress.Say("counting in whose mailboxes it is");
        var report = new ReportBuilder(run, kafka);
        report.AddFanOut(
            new MeasuredLoad(window, before, after, run.Streams.Counts.Deliveries - deliveries, drained),
            watch.Report(addedPerS, await probe.CountAsync(topic.Name, topic.EventId, topic.MemberPrefix, ct)));
        return await report.FinishAsync(ct);
    }

    /// <summary>Single events until the next kill is due, or all is done; answers whether they have all arrived.</summary>
    private static async Task<bool> WorkAsync(Run run, FanOutWatch watch, Measurement window, CancellationToken ct)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(ct);
        var load = new RateLoad(BenchClock.Micros + BenchClock.Of(Lead), run.Options.Rate!.Value, Longest, window.Offered);
        var publishing = run.Publisher.PublishAsync(load, stop.Token);
        using var timer = new PeriodicTimer(Poll, TimeProvider.System);
        while (!await watch.IsDueAsync(ct) && !publishing.IsFaulted)
        {
            run.Streams.ThrowIfFailed();
            await timer.WaitForNextTickAsync(ct);
        }

        await stop.CancelAsync();
        await publishing;
        return await run.DrainAsync(ct);
    }
}
