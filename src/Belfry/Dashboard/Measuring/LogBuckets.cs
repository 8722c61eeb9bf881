namespace Belfry.Dashboard.Measuring;

/// <summary>
/// Counts values in buckets, 16 for each doubling, so that a percentile is right within 3 %. Fixed memory; a record is one
/// interlocked add. From 2^-17 (8 µs) to 2^17 (131,072, or 36 hours); what lies outside counts as the nearest bucket.
/// </summary>
internal sealed class LogBuckets
{
    private const int Octaves = 34;
    private const int PerOctave = 16;

    // A double's upper 16 bits are its sign, its exponent and the first four bits of its mantissa: just such a bucket.
    private const int Shift = 48;
    private const long Lowest = (1023L - 17) * PerOctave;

    private readonly long[] _counts = new long[Octaves * PerOctave];

    public void Record(double value) =>
        Interlocked.Increment(ref _counts[Math.Clamp((BitConverter.DoubleToInt64Bits(value) >> Shift) - Lowest, 0, _counts.Length - 1)]);

    /// <summary>Takes out what was counted since the last time.</summary>
    public Digest Drain()
    {
        var taken = new long[_counts.Length];
        var total = 0L;
        for (var i = 0; i < taken.Length; i++)
        {
            if (Volatile.Read(ref _counts[i]) == 0) continue;
            taken[i] = Interlocked.Exchange(ref _counts[i], 0);
            total += taken[i];
        }

        return total == 0 ? Digest.Empty : new Digest(total, Mean(taken, total), At(taken, total, 0.5), At(taken, total, 0.95), At(taken, total, 0.99), At(taken, total, 1));
    }

    private static double Mean(long[] counts, long total)
    {
        var sum = 0.0;
        for (var i = 0; i < counts.Length; i++) sum += counts[i] * Middle(i);
        return sum / total;
    }

    private static double At(long[] counts, long total, double share)
    {
        var left = (long)Math.Ceiling(total * share);
        for (var i = 0; i < counts.Length; i++)
        {
            left -= counts[i];
            if (left <= 0) return Middle(i);
        }

        return Middle(counts.Length - 1);
    }

    private static double Middle(int bucket) => (LowerEdge(bucket) + LowerEdge(bucket + 1)) / 2;

    private static double LowerEdge(int bucket) => BitConverter.Int64BitsToDouble((bucket + Lowest) << Shift);
}

/// <summary>What a second's values were like. Not a number where there were none.</summary>
internal readonly record struct Digest(long Count, double Mean, double P50, double P95, double P99, double Max)
{
    public static readonly Digest Empty = new(0, double.NaN, double.NaN, double.NaN, double.NaN, double.NaN);
}
