using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;

namespace Belfry.Bench.Commands;

/// <summary>A duration above 0, in the form that Belfry's own settings have: a number with its unit.</summary>
internal sealed class DurationOption : Option<TimeSpan?>
{
    private static readonly (string Suffix, TimeSpan Unit)[] Units =
    [
        // "ms" before "m" and "s": the first suffix that fits is the one that is meant.
        ("ms", TimeSpan.FromMilliseconds(1)),
        ("s", TimeSpan.FromSeconds(1)),
        ("m", TimeSpan.FromMinutes(1)),
        ("h", TimeSpan.FromHours(1)),
    ];

    public DurationOption(string name, string description)
        : base(name)
    {
        Description = description;
        HelpName = "duration";
        CustomParser = Parse;
    }

    private static TimeSpan? Parse(ArgumentResult result)
    {
        var text = result.Tokens.Count == 0 ? "" : result.Tokens[0].Value;
        foreach (var (suffix, unit) in Units)
        {
            if (!text.EndsWith(suffix, StringComparison.Ordinal)) continue;
            if (!double.TryParse(text.AsSpan(0, text.Length - suffix.Length), NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var count)) break;
            if (count > 0 && count < TimeSpan.FromDays(30) / unit) return count * unit;
            break;
        }

        result.AddError($"'{text}' is not a duration above 0: write for example 500ms, 30s, 5m or 2h.");
        return null;
    }
}
