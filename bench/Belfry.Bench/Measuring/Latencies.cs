using HdrHistogram;

namespace Belfry.Bench.Measuring;

/// <summary>Durations in microseconds, up to an hour. Not for several threads.</summary>
/// <param name="digits">To how many digits: 3 takes 190 kB, 2 takes 25 kB.</param>
internal sealed class Latencies(int digits = Latencies.Fine)
{
    public const int Fine = 3;
    public const int Coarse = 2;

    private const int StepsEachHalving = 5;
    private const long Highest = 3_600_000_000;

    private readonly LongHistogram _histogram = new(Highest, digits);

    public long Count => _histogram.TotalCount;

    public void Record(long micros) => _histogram.RecordValue(Math.Clamp(micros, 0, Highest));

    public void Add(Latencies others) => _histogram.Add(others._histogram);

    /// <summary>In milliseconds; all 0 when nothing was recorded.</summary>
    public LatencySummary Summarize() => Count == 0
        ? new LatencySummary()
        : new LatencySummary(Lowest(), At(50), At(95), At(99), At(99.9), _histogram.GetMaxValue() / 1000.0);

    /// <summary>Percentiles with their latencies in milliseconds, closer together towards 100.</summary>
    public IReadOnlyList<(double Percentile, double Ms)> Distribution() => Count == 0
        ? []
        : [.. _histogram.Percentiles(StepsEachHalving).Select(step => (step.PercentileLevelIteratedTo, step.ValueIteratedTo / 1000.0))];

    private double Lowest() => _histogram.LowestEquivalentValue(_histogram.RecordedValues().First().ValueIteratedTo) / 1000.0;

    private double At(double percentile) => _histogram.GetValueAtPercentile(percentile) / 1000.0;
}

/// <summary>Latencies in milliseconds.</summary>
internal readonly record struct LatencySummary(double Min, double P50, double P95, double P99, double P999, double Max);
