using System.Security.Cryptography;
using System.Text;
using System.Text.RegularExpressions;

namespace Belfry.Http;

/// <summary>
/// The hashes of what stands in a page itself, as a Content-Security-Policy names them: exactly this script and this style may
/// run, and nothing that somebody else has brought into the page.
/// </summary>
internal static partial class InlineHashes
{
    public static string OfStyles(string html) => Of(Style.Matches(html));

    public static string OfScripts(string html) => Of(Script.Matches(html));

    // A script that is loaded has nothing of its own between its tags.
    private static string Of(MatchCollection blocks) =>
        string.Join(' ', blocks.Select(block => block.Groups[1].Value).Where(text => text.Length > 0).Select(text => $"'sha256-{Convert.ToBase64String(SHA256.HashData(Encoding.UTF8.GetBytes(text)))}'"));

    [GeneratedRegex("<style>(.*?)</style>", RegexOptions.Singleline)]
    private static partial Regex Style { get; }

    [GeneratedRegex("<script(?: [^>]*)?>(.*?)</script>", RegexOptions.Singleline)]
    private static partial Regex Script { get; }
}
