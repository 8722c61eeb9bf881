using System.Globalization;
using System.Text.Json;

namespace Belfry.Ingest.Events;

/// <summary>
/// Whether PostgreSQL's jsonb could hold a JSON value that is well-formed already. A cast in a query then never fails.
/// </summary>
internal static class StorableJson
{
    // numeric's own bounds: 131,072 digits before the point, 16,383 after it, and an exponent it is willing to read at all.
    private const long MaxIntegerDigits = 131_072;
    private const long MaxScale = 16_383;
    private const long MaxExponent = int.MaxValue / 2;

    /// <summary>What jsonb would refuse; null when it would take the value.</summary>
    /// <param name="value">One complete JSON value in valid UTF-8.</param>
    public static string? FindFault(ReadOnlySpan<byte> value, int maxDepth)
    {
        var json = new Utf8JsonReader(value, new JsonReaderOptions { MaxDepth = EventLimits.Body });
        while (json.Read())
        {
            switch (json.TokenType)
            {
                case JsonTokenType.StartObject or JsonTokenType.StartArray when json.CurrentDepth >= maxDepth:
                    return $"has more than {maxDepth} levels";

                case JsonTokenType.String or JsonTokenType.PropertyName when json.ValueIsEscaped && !HasValidEscapes(json.ValueSpan):
                    return "has \\u0000 or half of a surrogate pair in a string";

                case JsonTokenType.Number when !IsNumeric(json.ValueSpan):
                    return "has a number beyond 131072 digits before the point or 16383 after it";
            }
        }

        return null;
    }

    /// <summary>False for <c>\u0000</c> and for a surrogate that has no partner.</summary>
    /// <param name="text">The inside of a JSON string, syntactically right.</param>
    public static bool HasValidEscapes(ReadOnlySpan<byte> text)
    {
        while (true)
        {
            var escape = text.IndexOf((byte)'\\');
            if (escape < 0) return true;
            text = text[(escape + 1)..];
            if (text[0] != (byte)'u')
            {
                text = text[1..];
                continue;
            }

            var unit = ReadUnit(text);
            text = text[5..];
            if (unit == '\0' || char.IsLowSurrogate(unit)) return false;
            if (!char.IsHighSurrogate(unit)) continue;
            if (!text.StartsWith("\\u"u8) || !char.IsLowSurrogate(ReadUnit(text[1..]))) return false;
            text = text[6..];
        }
    }

    /// <summary>Whether numeric can hold a JSON number, without rounding and without an overflow.</summary>
    internal static bool IsNumeric(ReadOnlySpan<byte> number)
    {
        // Short ones without an exponent are nearly all there are.
        var exponentAt = number.IndexOfAny((byte)'e', (byte)'E');
        if (exponentAt < 0 && number.Length <= MaxScale) return true;

        var digits = exponentAt < 0 ? number : number[..exponentAt];
        if (digits[0] == (byte)'-') digits = digits[1..];
        if (!TryReadExponent(exponentAt < 0 ? default : number[(exponentAt + 1)..], out var exponent)) return false;

        var point = digits.IndexOf((byte)'.');
        var integers = point < 0 ? digits.Length : point;
        var fractions = point < 0 ? 0 : digits.Length - point - 1;
        if (fractions - exponent > MaxScale) return false;

        var first = digits.IndexOfAnyInRange((byte)'1', (byte)'9');
        if (first < 0) return true;
        var beforePoint = first < integers ? integers - first : integers - first + 1;
        return beforePoint + exponent <= MaxIntegerDigits;
    }

    private static bool TryReadExponent(ReadOnlySpan<byte> text, out long exponent)
    {
        exponent = 0;
        if (text.IsEmpty) return true;

        var negative = text[0] == (byte)'-';
        var digits = text[0] is (byte)'-' or (byte)'+' ? text[1..] : text;
        digits = digits.TrimStart((byte)'0');
        if (digits.Length > 10) return false;
        foreach (var digit in digits) exponent = (exponent * 10) + (digit - '0');
        if (exponent >= MaxExponent) return false;
        if (negative) exponent = -exponent;
        return true;
    }

    /// <param name="escape">From the u on.</param>
    private static char ReadUnit(ReadOnlySpan<byte> escape) => (char)ushort.Parse(escape.Slice(1, 4), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture);
}
