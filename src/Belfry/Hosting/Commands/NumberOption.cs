using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;

namespace Belfry.Hosting.Commands;

/// <summary>A flag with a whole number in a range.</summary>
internal sealed class NumberOption : Option<int?>
{
    private readonly int _min;
    private readonly int _max;

    public NumberOption(string name, string description, int min, int max)
        : base(name)
    {
        (_min, _max) = (min, max);
        Description = description;
        HelpName = "n";
        CustomParser = Parse;
    }

    private int? Parse(ArgumentResult result)
    {
        var text = result.Tokens.Count == 0 ? null : result.Tokens[0].Value;
        if (int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var value) && value >= _min && value <= _max) return value;

        result.AddError($"'{text}' is not a whole number from {_min} to {_max}.");
        return null;
    }
}
