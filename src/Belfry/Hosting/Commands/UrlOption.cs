using System.CommandLine;
using System.CommandLine.Parsing;

namespace Belfry.Hosting.Commands;

/// <summary>A flag with the address of a server.</summary>
internal sealed class UrlOption : Option<Uri?>
{
    public UrlOption(string name, string description)
        : base(name)
    {
        Description = description;
        HelpName = "url";
        CustomParser = Parse;
    }

    private static Uri? Parse(ArgumentResult result)
    {
        var text = result.Tokens.Count == 0 ? null : result.Tokens[0].Value;
        if (Uri.TryCreate(text, UriKind.Absolute, out var url) && url.Scheme is "http" or "https") return url;

        result.AddError($"'{text}' is not an address: write for example http://127.0.0.1:5080.");
        return null;
    }
}
