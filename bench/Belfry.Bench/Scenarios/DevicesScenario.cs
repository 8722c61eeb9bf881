using Belfry.Bench.Client;
using Belfry.Bench.Measuring;
using Belfry.Bench.Report;

namespace Belfry.Bench.Scenarios;

/// <summary>
/// Users with two devices, on two instances, under load: how long it takes until what one device says of a notification shows on
/// the other.
/// </summary>
internal sealed class DevicesScenario : Scenario
{
    private const int Pairs = 50;

    public override string Name => "devices";

    public override string Description => "events at --rate, and users who read on one device and look at another, on another instance: until it shows there";

    public override int DefaultInstances => 2;

    public override async Task<RunReport> RunAsync(Run run, CancellationToken ct)
    {
        var options = run.Options;
        var rate = options.Rate ?? throw new BenchFailedException("devices has a rate, not max.");
        await run.OpenStreamsAsync(options.Connections, ct);
        var kafka = run.Kafka is null ? default : await run.Kafka.ReadAsync(ct);
        run.Progress.Say($"warming up for {options.WarmUp.TotalSeconds:0.#} s");
        await MeasuredLoad.RunRateAsync(run, rate, options.WarmUp, long.MaxValue, ct);

        var (one, other) = (run.Stand.Servers[0].Url, run.Stand.Servers[^1].Url);
        run.Progress.Say($"{Pairs} users mark on {one.Authority} and look on {other.Authority}, while {rate:N0}/s come in for {options.Duration.TotalSeconds:0.#} s");
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(ct);
        var pairs = Enumerable.Range(0, Math.Min(Pairs, run.Users.Count)).Select(user => new DevicePair(run.TokenOf(user), one, other)).ToList();
        try
        {
            await Task.WhenAll(pairs.Select(pair => pair.OpenAsync(ct)));
            var marking = Task.WhenAll(pairs.Select(pair => pair.RunAsync(stop.Token)));
            var report = new ReportBuilder(run, kafka);
            report.Add(await MeasuredLoad.RunRateAsync(run, rate, options.Duration, long.MaxValue, ct));
            await stop.CancelAsync();
            await marking;
            report.AddDevices(ReportOf(pairs));
            return await report.FinishAsync(ct);
        }
        finally
        {
            foreach (var pair in pairs) pair.Dispose();
        }
    }

    private static DevicesReport ReportOf(List<DevicePair> pairs)
    {
        var shown = new Latencies();
        foreach (var pair in pairs) shown.Add(pair.Shown);
        return new DevicesReport(pairs.Count, shown.Count, LatencyReport.Of(shown.Summarize()));
    }
}
