using System.Buffers;
using System.Security.Cryptography;
using System.Text;

namespace Belfry.Hosting.Auth;

/// <summary>API keys: how they are made, and the form in which they are configured, from which nobody gets the key back.</summary>
internal static class KeyHash
{
    private const string Prefix = "sha256:";
    private const int KeyBytes = 32;

    private static readonly SearchValues<char> HexDigits = SearchValues.Create("0123456789abcdef");

    /// <summary>A new key: 256 random bits, so that its bare hash is as good as any slow one.</summary>
    public static string NewKey() => "bk_" + Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(KeyBytes));

    public static byte[] Of(string key) => SHA256.HashData(Encoding.UTF8.GetBytes(key));

    /// <summary>As settings have it: <c>sha256:&lt;hex&gt;</c>.</summary>
    public static string Format(string key) => Prefix + Convert.ToHexStringLower(Of(key));

    public static bool TryParse(string text, out byte[] hash)
    {
        hash = [];
        if (!text.StartsWith(Prefix, StringComparison.Ordinal)) return false;

        var hex = text.AsSpan(Prefix.Length);
        if (hex.Length != 2 * SHA256.HashSizeInBytes || hex.ContainsAnyExcept(HexDigits)) return false;

        hash = Convert.FromHexString(hex);
        return true;
    }
}
