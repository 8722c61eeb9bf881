namespace Belfry.Contracts;

/// <summary>What a user wants to be told of: body of <c>PUT /v1/preferences</c> and answer of both.</summary>
public sealed record Preferences
{
    /// <summary>Event types that go into his archive unread and unannounced: whole names, or beginnings with <c>*</c>. At most 100.</summary>
    public IReadOnlyList<string> Muted { get; init => field = value ?? []; } = [];

    /// <summary>Event types of which no webhook is told; they are in his inbox and on his streams. At most 100.</summary>
    public IReadOnlyList<string> MutedWebhooks { get; init => field = value ?? []; } = [];

    /// <summary>When webhooks wait; null: never.</summary>
    public QuietHours? Quiet { get; init; }
}

/// <summary>A time of each day.</summary>
/// <param name="From">When it begins, <c>HH:mm</c>.</param>
/// <param name="To">When it ends, <c>HH:mm</c>; before <paramref name="From"/>: on the next day.</param>
/// <param name="Zone">Whose clock: an IANA name such as <c>Europe/Berlin</c>.</param>
/// <param name="HighPasses">Whether what has priority HIGH does not wait.</param>
public sealed record QuietHours(string From, string To, string Zone, bool HighPasses = false);
