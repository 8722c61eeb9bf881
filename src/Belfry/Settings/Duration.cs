using System.Globalization;

namespace Belfry.Settings;

/// <summary>How settings and flags write a duration: a number with a unit, as in <c>100ms</c>, <c>30s</c>, <c>5m</c>, <c>12h</c>, <c>7d</c>; or <c>0</c>.</summary>
internal static class Duration
{
    public const string Form = "100ms, 30s, 5m, 12h or 7d";

    private static readonly (string Suffix, TimeSpan Unit)[] Units =
    [
        // "ms" before "m" and "s": the first suffix that fits is the one that is meant.
        ("ms", TimeSpan.FromMilliseconds(1)),
        ("s", TimeSpan.FromSeconds(1)),
        ("m", TimeSpan.FromMinutes(1)),
        ("h", TimeSpan.FromHours(1)),
        ("d", TimeSpan.FromDays(1)),
    ];

    public static bool TryParse(string? text, out TimeSpan value)
    {
        value = TimeSpan.Zero;
        if (text is null) return false;
        text = text.Trim();
        if (text == "0") return true;

        foreach (var (suffix, unit) in Units)
        {
            if (!text.EndsWith(suffix, StringComparison.Ordinal)) continue;
            var number = text.AsSpan(0, text.Length - suffix.Length);
            if (!decimal.TryParse(number, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var count)) return false;
            if (count > TimeSpan.MaxValue.Ticks / unit.Ticks) return false;

            value = TimeSpan.FromTicks((long)(count * unit.Ticks));
            return true;
        }

        return false;
    }

    /// <summary>Written with the largest unit that leaves a whole number.</summary>
    public static string Format(TimeSpan value)
    {
        if (value == TimeSpan.Zero) return "0";
        foreach (var (suffix, unit) in Units.Reverse())
        {
            if (value.Ticks % unit.Ticks == 0) return string.Create(CultureInfo.InvariantCulture, $"{value.Ticks / unit.Ticks}{suffix}");
        }

        return string.Create(CultureInfo.InvariantCulture, $"{value.TotalMilliseconds}ms");
    }
}
