using Belfry.Bench.Measuring;
using Belfry.Bench.Producers;
using Belfry.Bench.Report;
using Belfry.Servers;

namespace Belfry.Bench.Scenarios;

/// <summary>Mailboxes are full, nobody is connected; then all users come at once.</summary>
internal sealed class ReplayScenario : Scenario
{
    // So far the publishing may run ahead of the acknowledgements.
    private const long MaxOutstanding = 50_000;

    private static readonly TimeSpan StorePatience = TimeSpan.FromMinutes(5);
    private static readonly TimeSpan CountInterval = TimeSpan.FromSeconds(1);

    public override string Name => "replay";

    public override string Description => "--notifications wait in each mailbox, then all users connect at once: how fast everybody has everything";

    public override async Task<RunReport> RunAsync(Run run, CancellationToken ct)
    {
        var options = run.Options;
        var kafka = run.Kafka is null ? default : await run.Kafka.ReadAsync(ct);
        await FillAsync(run, ct);

        run.Progress.Say($"{options.Connections:N0} users connect at once");
        var before = await Snapshot.TakeAsync(run.Stand, ct);
        var window = new Measurement(BenchClock.Micros, options.Duration, options.Notifications);
        await run.Streams.MeasureAsync(window);
        run.Streams.Open(options.Connections);
        var drained = await run.DrainAsync(ct);
        await run.Streams.StopMeasuringAsync();
        var after = await Snapshot.TakeAsync(run.Stand, ct);

        var report = new ReportBuilder(run, kafka);
        report.AddReplay(new MeasuredLoad(window, before, after, run.Streams.Counts.Deliveries, drained));
        return await report.FinishAsync(ct);
    }

    private static async Task FillAsync(Run run, CancellationToken ct)
    {
        var total = (long)run.Options.Users * run.Options.Notifications;
        run.Progress.Say($"filling {run.Options.Users:N0} mailboxes with {run.Options.Notifications:N0} notifications each");
        await run.Publisher.PublishAsync(new FillLoad(run.Options.Notifications, () => run.Ledger.Outstanding, MaxOutstanding), ct);
        if (run.Ledger.Acknowledged < total) throw new BenchFailedException($"{run.Ledger.Acknowledged:N0} of {total:N0} events were acknowledged.");

        run.Progress.Say("waiting until all of it is stored");
        var stored = 0L;
        using var timer = new PeriodicTimer(CountInterval, TimeProvider.System);
        await Eventually.HoldsAsync($"{total:N0} notifications are stored", async token =>
        {
            await timer.WaitForNextTickAsync(token);
            stored = await run.Stand.Store.CountAsync(run.Users, token);
            return stored >= total;
        }, StorePatience, ct);
        run.Progress.Say($"{stored:N0} stored");
    }
}
