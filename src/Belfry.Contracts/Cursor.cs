using System.Diagnostics.CodeAnalysis;
using System.Globalization;

namespace Belfry.Contracts;

/// <summary>
/// A place in one mailbox: everything up to and including <paramref name="Seq"/> has been seen.
/// On the wire <c>&lt;epoch&gt;-&lt;seq&gt;</c>, which is also the <c>id:</c> of a stream event.
/// </summary>
/// <param name="Epoch">The name of the mailbox's history: 1 to 32 characters of <c>[0-9a-z.]</c>.</param>
/// <param name="Seq">The last seq that is behind the cursor; 0 stands before the first notification.</param>
public readonly record struct Cursor(string Epoch, long Seq)
{
    /// <summary>The longest epoch, in characters.</summary>
    public const int MaxEpochLength = 32;

    /// <summary>Reads a cursor; false for anything that <see cref="ToString"/> could not have written.</summary>
    public static bool TryParse([NotNullWhen(true)] string? text, out Cursor cursor)
    {
        cursor = default;
        if (text is null) return false;

        var dash = text.IndexOf('-', StringComparison.Ordinal);
        if (dash < 1 || !IsEpoch(text.AsSpan(0, dash))) return false;

        var digits = text.AsSpan(dash + 1);
        var padded = digits.Length > 1 && digits[0] == '0';
        // TryParse alone would pass over NUL characters behind the number.
        if (padded || digits.ContainsAnyExceptInRange('0', '9') || !long.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out var seq)) return false;

        cursor = new Cursor(text[..dash], seq);
        return true;
    }

    /// <summary>Whether a text may stand as the epoch of a cursor.</summary>
    public static bool IsEpoch(ReadOnlySpan<char> text)
    {
        if (text.Length is < 1 or > MaxEpochLength) return false;
        foreach (var c in text)
        {
            if (!char.IsAsciiDigit(c) && !char.IsAsciiLetterLower(c) && c != '.') return false;
        }

        return true;
    }

    /// <inheritdoc />
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Epoch}-{Seq}");
}
