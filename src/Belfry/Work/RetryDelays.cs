namespace Belfry.Work;

/// <summary>Exponential back-off with jitter: from a second to an hour, each between half of it and all of it.</summary>
internal static class RetryDelays
{
    private static readonly TimeSpan First = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan Longest = TimeSpan.FromHours(1);

    /// <param name="attempts">How many have failed, from 1.</param>
    public static TimeSpan After(int attempts)
    {
        var ceiling = Math.Min(Longest.TotalSeconds, First.TotalSeconds * Math.Pow(2, Math.Min(attempts - 1, 20)));
        return TimeSpan.FromSeconds(ceiling * (0.5 + (Random.Shared.NextDouble() / 2)));
    }
}
