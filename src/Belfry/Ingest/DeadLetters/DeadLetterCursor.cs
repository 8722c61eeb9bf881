using System.Globalization;
using Belfry.Mailboxes;

namespace Belfry.Ingest.DeadLetters;

/// <summary>
/// A place in the one order of all dead letters: the newest first, of one time the tasks before the records, then the higher
/// number first. On the wire the microseconds since 1970 and the id: <c>1795428000000000-task-17</c>.
/// </summary>
internal readonly record struct DeadLetterCursor(DateTime At, DeadLetterId Id)
{
    public static bool TryParse(string text, out DeadLetterCursor cursor)
    {
        cursor = default;
        var dash = text.IndexOf('-', StringComparison.Ordinal);
        if (dash < 0 || !DeadLetterId.TryParse(text[(dash + 1)..], out var id)) return false;
        if (!long.TryParse(text.AsSpan(0, dash), NumberStyles.None, CultureInfo.InvariantCulture, out var microseconds)) return false;
        if (microseconds > MicrosecondsOf(DeadPlace.Newest.At)) return false;

        cursor = new DeadLetterCursor(DateTime.UnixEpoch.AddTicks(microseconds * TimeSpan.TicksPerMicrosecond), id);
        return true;
    }

    /// <summary>What stands behind this place among the dead letters of one kind.</summary>
    public DeadPlace PlaceAmong(DeadLetterKind kind)
    {
        if (kind == Id.Kind) return new DeadPlace(At, Id.Number);
        return new DeadPlace(At, kind < Id.Kind ? long.MaxValue : 0);
    }

    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{MicrosecondsOf(At)}-{Id}");

    private static long MicrosecondsOf(DateTime at) => (at - DateTime.UnixEpoch).Ticks / TimeSpan.TicksPerMicrosecond;
}
