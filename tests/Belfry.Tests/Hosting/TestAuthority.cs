using System.Security.Cryptography;
using System.Text.Json;
using Microsoft.IdentityModel.Tokens;

namespace Belfry.Tests.Hosting;

/// <summary>A small OpenID Connect issuer: discovery, published keys, and tokens signed with them.</summary>
internal sealed class TestAuthority : IAsyncDisposable
{
    private readonly WebApplication _app;
    private readonly RSA _rsa = RSA.Create(2048);
    private readonly RsaSecurityKey _key;

    private TestAuthority(WebApplication app)
    {
        _app = app;
        _key = new RsaSecurityKey(_rsa) { KeyId = "key-1" };
        app.MapGet("/.well-known/openid-configuration", () => Results.Json(new { issuer = Address, jwks_uri = $"{Address}/keys" }));
        app.MapGet("/keys", () => Results.Text(JsonSerializer.Serialize(new { keys = new[] { PublicKey() } }), "application/json"));
    }

    public string Address => _app.Urls.First();

    public static async Task<TestAuthority> StartAsync()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        var authority = new TestAuthority(builder.Build());
        await authority._app.StartAsync(TestContext.Current.CancellationToken);
        return authority;
    }

    public string Sign(string user, string audience, string? issuer = null) => TestTokens.Make(
        new SigningCredentials(_key, SecurityAlgorithms.RsaSha256),
        new()
        {
            ["sub"] = user,
            ["aud"] = audience,
            ["iss"] = issuer ?? Address,
            ["exp"] = TestTokens.In(TimeSpan.FromMinutes(5)),
        });

    /// <summary>The published key's text, which an attacker has too.</summary>
    public string PublicKeyText() => _rsa.ExportSubjectPublicKeyInfoPem();

    public async ValueTask DisposeAsync()
    {
        await _app.DisposeAsync();
        _rsa.Dispose();
    }

    private object PublicKey()
    {
        var parameters = _rsa.ExportParameters(includePrivateParameters: false);
        return new
        {
            kty = "RSA",
            use = "sig",
            alg = "RS256",
            kid = _key.KeyId,
            n = Base64UrlEncoder.Encode(parameters.Modulus),
            e = Base64UrlEncoder.Encode(parameters.Exponent),
        };
    }
}
