namespace Belfry.Work.Webhooks;

/// <summary>When a message that was not taken is sent again: 5 s later, then three times as long each time up to 12 hours; about three days in all.</summary>
internal static class WebhookRetries
{
    /// <summary>After so many attempts a message is a dead letter.</summary>
    public const int MaxAttempts = 15;

    /// <summary>The most that an endpoint may ask for.</summary>
    public static readonly TimeSpan Longest = TimeSpan.FromHours(12);

    private static readonly TimeSpan First = TimeSpan.FromSeconds(5);

    /// <param name="attempts">How many have failed, from 1.</param>
    public static TimeSpan After(int attempts)
    {
        var middle = Math.Min(Longest.TotalSeconds, First.TotalSeconds * Math.Pow(3, Math.Min(attempts - 1, 12)));
        return TimeSpan.FromSeconds(middle * (0.8 + (Random.Shared.NextDouble() * 0.4)));
    }
}
