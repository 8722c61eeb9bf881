namespace Belfry.Dashboard;

/// <summary>What the store last said to a question, and whether it has answered since.</summary>
/// <param name="At">When it was said, in milliseconds since 1970; 0: never yet.</param>
/// <param name="TookMs">How long it took.</param>
/// <param name="Problem">Why the newest try had no answer; null: it had.</param>
internal sealed record Answer<T>(long At, double TookMs, string? Problem, T? Value)
    where T : class
{
    public static readonly Answer<T> None = new(0, 0, null, null);
}
