using System.Text;
using Microsoft.IdentityModel.JsonWebTokens;
using Microsoft.IdentityModel.Tokens;

namespace Belfry.Tests.Hosting;

/// <summary>Tokens as others may make them, right and wrong.</summary>
internal static class TestTokens
{
    public static string Of(string user, string secret = RunningServer.Secret) => Make(secret, new() { ["sub"] = user, ["exp"] = In(TimeSpan.FromMinutes(5)) });

    public static string Make(string secret, Dictionary<string, object> claims, string algorithm = SecurityAlgorithms.HmacSha256) =>
        Make(new SigningCredentials(new SymmetricSecurityKey(Encoding.UTF8.GetBytes(secret)), algorithm), claims);

    public static string Make(SigningCredentials credentials, Dictionary<string, object> claims) =>
        new JsonWebTokenHandler { SetDefaultTimesOnTokenCreation = false }.CreateToken(new SecurityTokenDescriptor { Claims = claims, SigningCredentials = credentials });

    public static string Unsigned(string user) =>
        $"{Encode("""{"alg":"none","typ":"JWT"}""")}.{Encode($$"""{"sub":"{{user}}","exp":{{In(TimeSpan.FromMinutes(5))}}}""")}.";

    /// <summary>Seconds since 1970, as tokens have them.</summary>
    public static long In(TimeSpan distance) => (TimeProvider.System.GetUtcNow() + distance).ToUnixTimeSeconds();

    private static string Encode(string json) => Base64UrlEncoder.Encode(json);
}
