namespace Belfry.Bench;

/// <summary>
/// How much happened when: counts in steps of 100 ms from a start on. What comes after the end counts in the last step, what came
/// before the start is left out. Safe for use by several threads.
/// </summary>
internal sealed class Timeline(long startMicros, TimeSpan length)
{
    public const int StepsPerSecond = 10;
    public const long StepMicros = 1_000_000 / StepsPerSecond;

    private readonly int[] _steps = new int[(int)Math.Ceiling(length.TotalSeconds * StepsPerSecond) + 1];

    public long StartMicros => startMicros;

    public void Add(long micros, int count = 1)
    {
        if (micros < startMicros) return;
        var step = Math.Min((micros - startMicros) / StepMicros, _steps.Length - 1);
        Interlocked.Add(ref _steps[step], count);
    }

    /// <summary>All from the start to so long after it; the length is taken in whole steps.</summary>
    public long CountWithin(TimeSpan duration) => StepsWithin(duration).Sum(step => (long)step);

    /// <summary>The counts of each step within the duration.</summary>
    public IReadOnlyList<int> StepsWithin(TimeSpan duration) => _steps[..StepCount(duration)];

    /// <summary>The counts of each whole second within the duration.</summary>
    public IReadOnlyList<long> SecondsWithin(TimeSpan duration) =>
        [.. StepsWithin(duration).Chunk(StepsPerSecond).Where(second => second.Length == StepsPerSecond).Select(second => second.Sum(step => (long)step))];

    private int StepCount(TimeSpan duration) =>
        Math.Clamp((int)Math.Round(duration.TotalSeconds * StepsPerSecond), 0, _steps.Length - 1);
}
