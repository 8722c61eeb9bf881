using System.Net;
using System.Security.Cryptography;
using Belfry.Contracts;
using Microsoft.IdentityModel.Tokens;

namespace Belfry.Tests.Hosting;

/// <summary>Users' tokens signed with our own secret.</summary>
public sealed class UserTokenTests
{
    private const string Probe = "/probe/user";
    private const string OldSecret = "the-secret-that-was-used-until-today";

    private static Dictionary<string, object> Claims(params (string Name, object Value)[] further)
    {
        var claims = new Dictionary<string, object> { ["sub"] = "user-1", ["exp"] = TestTokens.In(TimeSpan.FromMinutes(5)) };
        foreach (var (name, value) in further) claims[name] = value;
        return claims;
    }

    [Fact]
    public async Task A_valid_token_lets_its_subject_in()
    {
        await using var server = await RunningServer.StartAsync();

        var answer = await server.Public.GetWithTokenAsync(Probe, TestTokens.Of("user-ä 1"));

        Assert.Equal("user-ä 1", await answer.TextAsync());
    }

    [Fact]
    public async Task Without_a_token_the_answer_says_what_to_send()
    {
        await using var server = await RunningServer.StartAsync();

        var answer = await server.Public.SendAsync(HttpMethod.Get, Probe);

        Assert.Contains("Bearer", await answer.ProblemAsync(HttpStatusCode.Unauthorized, ProblemTypes.Unauthorized), StringComparison.Ordinal);
        Assert.Equal("Bearer", Assert.Single(answer.Headers.WwwAuthenticate).Scheme);
    }

    [Fact]
    public async Task Both_secrets_of_a_rotation_are_accepted()
    {
        await using var server = await RunningServer.StartAsync(("Belfry__Auth__PreviousSecret", OldSecret));

        Assert.Equal(HttpStatusCode.OK, (await server.Public.GetWithTokenAsync(Probe, TestTokens.Of("u", OldSecret))).StatusCode);
        Assert.Equal(HttpStatusCode.OK, (await server.Public.GetWithTokenAsync(Probe, TestTokens.Of("u"))).StatusCode);
    }

    [Fact]
    public async Task Tokens_that_are_not_valid_are_refused()
    {
        await using var server = await RunningServer.StartAsync();
        using var rsa = RSA.Create(2048);
        var whole = TestTokens.Of("user-1");
        var wrong = new Dictionary<string, string>
        {
            ["expired"] = TestTokens.Make(RunningServer.Secret, Claims(("exp", TestTokens.In(TimeSpan.FromSeconds(-7))))),
            ["not valid yet"] = TestTokens.Make(RunningServer.Secret, Claims(("nbf", TestTokens.In(TimeSpan.FromMinutes(1))))),
            ["another secret"] = TestTokens.Of("user-1", OldSecret),
            ["alg none"] = TestTokens.Unsigned("user-1"),
            ["signature cut off"] = whole[..(whole.LastIndexOf('.') + 1)],
            ["payload changed"] = Swap(whole, TestTokens.Of("user-2")),
            ["another algorithm of the same secret"] =
                TestTokens.Make(RunningServer.Secret + RunningServer.Secret, Claims(), SecurityAlgorithms.HmacSha512),
            ["an RSA signature"] = TestTokens.Make(new SigningCredentials(new RsaSecurityKey(rsa), SecurityAlgorithms.RsaSha256), Claims()),
            ["no expiry"] = TestTokens.Make(RunningServer.Secret, new() { ["sub"] = "user-1" }),
            ["no subject"] = TestTokens.Make(RunningServer.Secret, new() { ["exp"] = TestTokens.In(TimeSpan.FromMinutes(5)) }),
            ["empty subject"] = TestTokens.Make(RunningServer.Secret, Claims(("sub", ""))),
            ["subject too long"] = TestTokens.Make(RunningServer.Secret, Claims(("sub", new string('x', 256)))),
            ["control character"] = TestTokens.Make(RunningServer.Secret, Claims(("sub", "a\u0001b"))),
            ["two subjects"] = TestTokens.Make(RunningServer.Secret, Claims(("sub", new List<string> { "user-1", "user-2" }))),
            ["not a token"] = "hello",
        };

        foreach (var (what, token) in wrong)
        {
            var answer = await server.Public.GetWithTokenAsync(Probe, token);
            Assert.True(answer.StatusCode == HttpStatusCode.Unauthorized, $"{what}: {answer.StatusCode}");
            await answer.ProblemAsync(HttpStatusCode.Unauthorized, ProblemTypes.Unauthorized);
        }

        static string Swap(string token, string other)
        {
            var (mine, theirs) = (token.Split('.'), other.Split('.'));
            return $"{mine[0]}.{theirs[1]}.{mine[2]}";
        }
    }

    [Fact]
    public async Task A_subject_of_the_longest_allowed_length_is_let_in()
    {
        await using var server = await RunningServer.StartAsync();

        var answer = await server.Public.GetWithTokenAsync(Probe, TestTokens.Of(new string('x', 255)));

        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
    }

    [Fact]
    public async Task An_expired_token_is_named_as_expired()
    {
        await using var server = await RunningServer.StartAsync();

        var answer = await server.Public.GetWithTokenAsync(Probe, TestTokens.Make(RunningServer.Secret, Claims(("exp", TestTokens.In(TimeSpan.FromHours(-1))))));

        Assert.Contains("expired", await answer.ProblemAsync(HttpStatusCode.Unauthorized, ProblemTypes.Unauthorized), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Issuer_and_audience_are_looked_at_only_where_they_are_configured()
    {
        await using var strict = await RunningServer.StartAsync(("Belfry__Auth__Audience", "belfry"), ("Belfry__Auth__Issuer", "shop"));
        await using var loose = await RunningServer.StartAsync();
        var right = TestTokens.Make(RunningServer.Secret, Claims(("aud", "belfry"), ("iss", "shop")));
        string[] wrong =
        [
            TestTokens.Make(RunningServer.Secret, Claims(("aud", "other"), ("iss", "shop"))),
            TestTokens.Make(RunningServer.Secret, Claims(("aud", "belfry"), ("iss", "other"))),
            TestTokens.Make(RunningServer.Secret, Claims()),
        ];

        Assert.Equal(HttpStatusCode.OK, (await strict.Public.GetWithTokenAsync(Probe, right)).StatusCode);
        foreach (var token in wrong)
        {
            Assert.Equal(HttpStatusCode.Unauthorized, (await strict.Public.GetWithTokenAsync(Probe, token)).StatusCode);
            Assert.Equal(HttpStatusCode.OK, (await loose.Public.GetWithTokenAsync(Probe, token)).StatusCode);
        }
    }
}
