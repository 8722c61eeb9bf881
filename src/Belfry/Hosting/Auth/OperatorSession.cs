using System.Buffers.Text;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace Belfry.Hosting.Auth;

/// <summary>
/// What a browser has in place of an admin key, which it cannot send by itself: a cookie that says whose key it was shown for
/// and until when, signed with a key that this process has made and that ends with it.
/// </summary>
internal sealed class OperatorSession(TimeProvider time)
{
    public const string Cookie = "belfry_operator";

    /// <summary>A working day.</summary>
    public static readonly TimeSpan Lifetime = TimeSpan.FromHours(10);

    private readonly byte[] _key = RandomNumberGenerator.GetBytes(32);

    /// <param name="keyName">The admin key's name.</param>
    public string Make(string keyName)
    {
        var said = $"{(time.GetUtcNow() + Lifetime).ToUnixTimeSeconds()}.{Base64Url.EncodeToString(Encoding.UTF8.GetBytes(keyName))}";
        return $"{said}.{Base64Url.EncodeToString(Sign(said))}";
    }

    /// <summary>The key's name; null: not ours, changed, or past its time.</summary>
    public string? Read(string cookie)
    {
        var end = cookie.LastIndexOf('.');
        if (end < 0 || !Base64Url.IsValid(cookie.AsSpan(end + 1))) return null;
        if (!CryptographicOperations.FixedTimeEquals(Base64Url.DecodeFromChars(cookie.AsSpan(end + 1)), Sign(cookie[..end]))) return null;

        // Signed by us, so it has the form that we gave it.
        var said = cookie[..end].Split('.');
        var until = DateTimeOffset.FromUnixTimeSeconds(long.Parse(said[0], CultureInfo.InvariantCulture));
        return time.GetUtcNow() < until ? Encoding.UTF8.GetString(Base64Url.DecodeFromChars(said[1])) : null;
    }

    private byte[] Sign(string text) => HMACSHA256.HashData(_key, Encoding.UTF8.GetBytes(text));
}
