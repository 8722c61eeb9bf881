using System.CommandLine;
using System.CommandLine.Parsing;
using Belfry.Settings;

namespace Belfry.Hosting.Commands;

/// <summary>A flag with a duration above 0, in the form that settings have too.</summary>
internal sealed class DurationOption : Option<TimeSpan?>
{
    public DurationOption(string name, string description)
        : base(name)
    {
        Description = description;
        HelpName = "duration";
        CustomParser = Parse;
    }

    private static TimeSpan? Parse(ArgumentResult result)
    {
        var text = result.Tokens.Count == 0 ? null : result.Tokens[0].Value;
        if (Duration.TryParse(text, out var value) && value > TimeSpan.Zero) return value;

        result.AddError($"'{text}' is not a duration above 0: write for example {Duration.Form}.");
        return null;
    }
}
