
namespace Belfry.Bench.Scenarios;

/// <summary>
/// Finds the highest rate that holds: everything arrives, p99 below the bound, no growing backlog. A burst without a rate shows
/// about where the ceiling is; probes of 5 s close in on it from both sides; what they find is confirmed over the whole
/// duration, and lowered until it is.
/// </summary>
internal sealed class RateSearch
{
    private const int MaxProbes = 10;

    /// <summary>As many are on their way in the burst: enough to keep every part busy, and drained within a second or two.</summary>
    private const long BurstOnTheWay = 20_000;

    /// <summary>Closer than this the probes say nothing any more.</summary>
    private const double Precision = 0.04;

    // What holds for 5 s does not always hold for a minute: a little below the best probe, and lower after each failure.
    private static readonly double[] Confirmations = [0.97, 0.89, 0.76];

    private static readonly TimeSpan ProbeDuration = TimeSpan.FromSeconds(5);

    private readonly Run _run;
    private readonly List<Probe> _probes = [];

    private RateSearch(Run run) => _run = run;

    /// <summary>All that was tried, in order; the last is the answer.</summary>
    public IReadOnlyList<Probe> Probes => _probes;

    public MeasuredLoad Confirmed { get; private set; } = null!;

    public static async Task<RateSearch> RunAsync(Run run, CancellationToken ct)
    {
        var search = new RateSearch(run);
        var found = await search.CloseInAsync(ct);
        await search.ConfirmAsync(found, ct);
        return search;
    }

    private async Task<double> CloseInAsync(CancellationToken ct)
    {
        _run.Progress.Say("looking for the ceiling");
        var burst = await MeasuredLoad.RunFlatOutAsync(_run, ProbeDuration, BurstOnTheWay, ct);
        var ceiling = burst.Measurement.DeliveredPerSecond;
        _probes.Add(Probe.OfBurst(burst));

        var (low, high) = (0.0, double.PositiveInfinity);
        var rate = Math.Max(1, 0.9 * ceiling);
        while (_probes.Count < MaxProbes && high > low * (1 + Precision))
        {
            if (await HoldsAsync("probe", rate, ProbeDuration, ct)) low = rate;
            else high = rate;
            rate = low == 0 ? rate * 0.7 : double.IsInfinity(high) ? rate * 1.15 : (low + high) / 2;
        }

        return low == 0 ? rate : low;
    }

    private async Task ConfirmAsync(double found, CancellationToken ct)
    {
        foreach (var part in Confirmations)
        {
            if (await HoldsAsync("confirmation", found * part, _run.Options.Duration, ct)) return;
        }
    }

    private async Task<bool> HoldsAsync(string kind, double rate, TimeSpan duration, CancellationToken ct)
    {
        // Behind by several times the bound: it will not hold, and the rest would only take long to drain.
        var giveUpAt = (long)(rate * Math.Max(2, 3 * _run.Options.MaxP99.TotalSeconds)) + 1_000;
        Confirmed = await MeasuredLoad.RunRateAsync(_run, rate, duration, giveUpAt, ct);
        var probe = Probe.Of(kind, rate, Confirmed, _run.Options.MaxP99);
        _probes.Add(probe);
        _run.Progress.Say($"{kind} {rate:N0}/s: {(probe.Held ? "holds" : probe.Reason)}, p99 {probe.P99Ms:N1} ms");
        return probe.Held;
    }
}
