namespace Belfry.Ingest.Events;

/// <summary>
/// Reads an RFC 3339 time, such as <c>2026-11-22T10:00:00.123Z</c>, as UTC with whole microseconds (what is finer is cut off).
/// A leap second is the second after it. Years 1900 to 9999: others are the mark of an uninitialised or broken clock, and the
/// ends of what .NET holds mean infinity to PostgreSQL's driver.
/// </summary>
internal static class Rfc3339
{
    public static bool TryParse(ReadOnlySpan<byte> text, out DateTime time)
    {
        time = default;
        if (text.Length < 20 || text[4] != '-' || text[7] != '-' || text[13] != ':' || text[16] != ':') return false;
        if (text[10] is not ((byte)'T' or (byte)'t' or (byte)' ')) return false;
        if (!TryReadNumber(text[..4], 9999, out var year) || year < 1900) return false;
        if (!TryReadNumber(text[5..7], 12, out var month) || month < 1) return false;
        if (!TryReadNumber(text[8..10], DateTime.DaysInMonth(year, month), out var day) || day < 1) return false;
        if (!TryReadNumber(text[11..13], 23, out var hour)) return false;
        if (!TryReadNumber(text[14..16], 59, out var minute)) return false;
        if (!TryReadNumber(text[17..19], 60, out var second)) return false;
        if (!TryReadFraction(text[19..], out var microseconds, out var zone)) return false;
        if (!TryReadZone(zone, out var offset)) return false;

        var ticks = new DateTime(year, month, day, hour, minute, 0, DateTimeKind.Utc).Ticks
            + (second * TimeSpan.TicksPerSecond) + (microseconds * TimeSpan.TicksPerMicrosecond) - offset.Ticks;
        if (ticks < DateTime.MinValue.Ticks || ticks > DateTime.MaxValue.Ticks) return false;
        time = new DateTime(ticks, DateTimeKind.Utc);
        return IsSane(time);
    }

    /// <summary>Whether a time may stand as an event's.</summary>
    public static bool IsSane(DateTime time) => time.Year is >= 1900 and <= 9999;

    /// <summary>Without what is finer than a microsecond.</summary>
    public static DateTime WholeMicroseconds(DateTime time) => new(time.Ticks - (time.Ticks % TimeSpan.TicksPerMicrosecond), DateTimeKind.Utc);

    private static bool TryReadFraction(ReadOnlySpan<byte> text, out int microseconds, out ReadOnlySpan<byte> rest)
    {
        microseconds = 0;
        rest = text;
        if (text.IsEmpty || text[0] != '.') return true;

        var length = text[1..].IndexOfAnyExceptInRange((byte)'0', (byte)'9');
        if (length < 1) return false;
        rest = text[(1 + length)..];
        for (var i = 1; i <= 6; i++) microseconds = (microseconds * 10) + (i <= length ? text[i] - '0' : 0);
        return true;
    }

    private static bool TryReadZone(ReadOnlySpan<byte> text, out TimeSpan offset)
    {
        offset = TimeSpan.Zero;
        if (text is [(byte)'Z' or (byte)'z']) return true;
        if (text.Length != 6 || text[0] is not ((byte)'+' or (byte)'-') || text[3] != ':') return false;
        if (!TryReadNumber(text[1..3], 23, out var hours) || !TryReadNumber(text[4..6], 59, out var minutes)) return false;

        offset = new TimeSpan(hours, minutes, 0);
        if (text[0] == '-') offset = -offset;
        return true;
    }

    private static bool TryReadNumber(ReadOnlySpan<byte> digits, int max, out int number)
    {
        number = 0;
        foreach (var digit in digits)
        {
            if (!char.IsAsciiDigit((char)digit)) return false;
            number = (number * 10) + (digit - '0');
        }

        return number <= max;
    }
}
