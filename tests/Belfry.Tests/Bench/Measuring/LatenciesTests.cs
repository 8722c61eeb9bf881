using Belfry.Bench.Measuring;

namespace Belfry.Tests.Bench.Measuring;

public sealed class LatenciesTests
{
    [Fact]
    public void A_summary_is_in_milliseconds()
    {
        var latencies = new Latencies();
        for (var ms = 1; ms <= 1_000; ms++) latencies.Record(ms * 1_000);

        var summary = latencies.Summarize();

        Assert.Equal(1, summary.Min, 0.01);
        Assert.Equal(500, summary.P50, 1.0);
        Assert.Equal(990, summary.P99, 1.0);
        Assert.Equal(999, summary.P999, 1.0);
        Assert.Equal(1_000, summary.Max, 1.0);
    }

    [Fact]
    public void Nothing_recorded_is_all_zero() => Assert.Equal(default, new Latencies().Summarize());

    [Fact]
    public void A_clock_that_differs_by_a_little_makes_no_negative_latency()
    {
        var latencies = new Latencies();
        latencies.Record(-5);

        Assert.Equal(0, latencies.Summarize().Max);
    }
}
