using System.Globalization;

namespace Belfry.Work.Trace;

/// <summary>
/// A place among the notifications of an event, which stand in the order of their users; one user has an event twice when it came
/// again after weeks. On the wire <c>17-user-1</c>.
/// </summary>
internal readonly record struct TraceCursor(string UserId, long Seq)
{
    /// <summary>Everything is behind it.</summary>
    public static TraceCursor First { get; } = new("", 0);

    public static bool TryParse(string text, out TraceCursor cursor)
    {
        cursor = default;
        var dash = text.IndexOf('-', StringComparison.Ordinal);
        if (dash < 0 || !long.TryParse(text.AsSpan(0, dash), NumberStyles.None, CultureInfo.InvariantCulture, out var seq)) return false;

        cursor = new TraceCursor(text[(dash + 1)..], seq);
        return !cursor.UserId.Contains('\0', StringComparison.Ordinal);
    }

    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Seq}-{UserId}");
}
