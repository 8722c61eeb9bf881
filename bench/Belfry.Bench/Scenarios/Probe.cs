using Belfry.Bench.Measuring;

namespace Belfry.Bench.Scenarios;

/// <summary>A rate that was tried.</summary>
/// <param name="Kind">burst, probe or confirmation.</param>
/// <param name="RatePerS">What was offered; of the burst, what was delivered.</param>
/// <param name="Held">Whether it held.</param>
/// <param name="Reason">Why not, or empty.</param>
/// <param name="DeliveredPerS">What was delivered in the window.</param>
/// <param name="P99Ms">From the intended send time.</param>
/// <param name="BacklogGrowth">As a part of the rate.</param>
internal sealed record Probe(string Kind, double RatePerS, bool Held, string Reason, double DeliveredPerS, double P99Ms, double BacklogGrowth)
{
    private const double MaxBacklogGrowth = 0.02;

    public static Probe Of(string kind, double rate, MeasuredLoad load, TimeSpan maxP99)
    {
        var window = load.Measurement;
        var p99 = window.MergeLatencies().Summarize().P99;
        var growth = Backlog.Growth(window);
        var reason = WhyNot(load, rate, p99, growth, maxP99);
        return new Probe(kind, rate, reason.Length == 0, reason, window.DeliveredPerSecond, p99, growth);
    }

    /// <summary>A burst has no rate of its own that could hold: what was delivered stands for it.</summary>
    public static Probe OfBurst(MeasuredLoad load)
    {
        var window = load.Measurement;
        return new Probe("burst", window.DeliveredPerSecond, load.Drained, "", window.DeliveredPerSecond, window.MergeLatencies().Summarize().P99, Backlog.Growth(window));
    }

    private static string WhyNot(MeasuredLoad load, double rate, double p99, double growth, TimeSpan maxP99)
    {
        var window = load.Measurement;
        if (!load.Drained) return "not everything arrived";
        if (window.OfferedPerSecond < 0.98 * rate) return "given up: too much on the way";
        if (p99 > maxP99.TotalMilliseconds) return "p99 too high";
        return growth > MaxBacklogGrowth ? "the backlog grows" : "";
    }
}
