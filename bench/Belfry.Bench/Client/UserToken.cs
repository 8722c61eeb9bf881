using System.Buffers.Text;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace Belfry.Bench.Client;

/// <summary>Makes users' tokens (JWT, HS256, <c>sub</c> and <c>exp</c>) as an application that shares the secret would. Safe for use by several threads.</summary>
internal sealed class UserToken(string secret, DateTimeOffset expires)
{
    private static readonly string Header = Base64Url.EncodeToString("""{"alg":"HS256","typ":"JWT"}"""u8);

    private readonly byte[] _key = Encoding.UTF8.GetBytes(secret);
    private readonly long _expires = expires.ToUnixTimeSeconds();

    /// <param name="user">A name that JSON need not escape.</param>
    public string For(string user)
    {
        var claims = string.Create(CultureInfo.InvariantCulture, $$"""{"sub":"{{user}}","exp":{{_expires}}}""");
        var signed = $"{Header}.{Base64Url.EncodeToString(Encoding.UTF8.GetBytes(claims))}";
        return $"{signed}.{Base64Url.EncodeToString(HMACSHA256.HashData(_key, Encoding.ASCII.GetBytes(signed)))}";
    }
}
