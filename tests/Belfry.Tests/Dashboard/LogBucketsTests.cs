using Belfry.Dashboard.Measuring;

namespace Belfry.Tests.Dashboard;

public sealed class LogBucketsTests
{
    [Fact]
    public void Percentiles_are_right_within_three_percent()
    {
        var buckets = new LogBuckets();
        for (var n = 1; n <= 10_000; n++) buckets.Record(n / 1000.0);

        var digest = buckets.Drain();

        Assert.Equal(10_000, digest.Count);
        foreach (var (expected, found) in new[] { (5.0005, digest.Mean), (5.0, digest.P50), (9.5, digest.P95), (9.9, digest.P99), (10.0, digest.Max) })
        {
            Assert.InRange(found, expected * 0.965, expected * 1.035);
        }
    }

    [Fact]
    public void What_was_taken_out_is_gone()
    {
        var buckets = new LogBuckets();
        buckets.Record(1);
        buckets.Drain();

        var digest = buckets.Drain();

        Assert.Equal(0, digest.Count);
        Assert.True(double.IsNaN(digest.P50));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(-1)]
    [InlineData(1e-12)]
    [InlineData(double.NegativeInfinity)]
    [InlineData(double.NaN)]
    public void What_is_too_small_counts_as_the_smallest(double value) => Assert.InRange(DigestOf(value).Max, 0, 0.00001);

    [Theory]
    [InlineData(1e12)]
    [InlineData(double.PositiveInfinity)]
    public void What_is_too_large_counts_as_the_largest(double value) => Assert.InRange(DigestOf(value).Max, 100_000, 140_000);

    private static Digest DigestOf(double value)
    {
        var buckets = new LogBuckets();
        buckets.Record(value);
        return buckets.Drain();
    }
}
