using Belfry.Bench.Report;
using Belfry.Bench.Topology;

namespace Belfry.Bench.Scenarios;

/// <summary>Streams are open, events come in: a rate for a time, or the search for the highest rate.</summary>
internal sealed class LiveScenario : Scenario
{
    private const double WarmUpRate = 1_000;

    public const string ScenarioName = "live";

    public override string Name => ScenarioName;

    public override string Description => "all users connected, events published at --rate: delivery, latency, cost; with --rate max the highest that holds";

    public override async Task<RunReport> RunAsync(Run run, CancellationToken ct)
    {
        var options = run.Options;
        await run.OpenStreamsAsync(options.Connections, ct);
        var kafka = run.Kafka is null ? default : await run.Kafka.ReadAsync(ct);

        run.Progress.Say($"warming up for {options.WarmUp.TotalSeconds:0.#} s");
        await MeasuredLoad.RunRateAsync(run, options.Rate ?? WarmUpRate, options.WarmUp, long.MaxValue, ct);

        await using var held = options.HoldTransaction ? await HeldTransaction.BeginAsync(run.Stand.PostgresConnectionString!, ct) : null;
        var report = new ReportBuilder(run, kafka);
        if (options.Rate is { } rate)
        {
            run.Progress.Say($"measuring {rate:N0}/s for {options.Duration.TotalSeconds:0.#} s");
            report.Add(await MeasuredLoad.RunRateAsync(run, rate, options.Duration, long.MaxValue, ct));
        }
        else
        {
            var search = await RateSearch.RunAsync(run, ct);
            report.Add(search);
        }

        if (held is not null) report.AddNote(await held.DescribeAsync(ct));
        return await report.FinishAsync(ct);
    }
}
