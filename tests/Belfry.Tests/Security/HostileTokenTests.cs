using System.Globalization;
using System.Net;
using System.Security.Cryptography;
using System.Text;
using Belfry.Contracts;
using Belfry.Tests.Hosting;
using Microsoft.IdentityModel.Tokens;

namespace Belfry.Tests.Security;

/// <summary>Tokens that no library would make. Whatever is in them, the answer is 401 and a problem, never a failure of ours.</summary>
public sealed class HostileTokenTests
{
    private const string Probe = "/probe/user";
    private const string Header = """{"alg":"HS256","typ":"JWT"}""";

    private static readonly string Later = TestTokens.In(TimeSpan.FromMinutes(5)).ToString(CultureInfo.InvariantCulture);

    private static readonly (string What, string Header, string Claims)[] Wrong =
    [
        ("half of a surrogate pair in the subject", Header, """{"sub":"a\ud800","exp":@}"""),
        ("a control character that is not ASCII", Header, """{"sub":"a\u0085","exp":@}"""),
        ("a subject that is an object", Header, """{"sub":{"a":1},"exp":@}"""),
        ("a subject that is null", Header, """{"sub":null,"exp":@}"""),
        ("a subject beside a longer one", Header, """{"sub":["u",["v"]],"exp":@}"""),
        ("an end that is no time", Header, """{"sub":"u","exp":"tomorrow"}"""),
        ("an end before 1970", Header, """{"sub":"u","exp":-1}"""),
        ("an end that is null", Header, """{"sub":"u","exp":null}"""),
        ("an end beyond numbers", Header, """{"sub":"u","exp":1e400}"""),
        ("a beginning beyond numbers", Header, """{"sub":"u","exp":@,"nbf":9e99}"""),
        ("claims that are an array", Header, """["sub","u"]"""),
        ("claims that are no JSON", Header, """{"sub":"u","exp":@"""),
        ("claims nested without end", Header, $$"""{"sub":"u","exp":@,"x":{{new string('[', 3000)}}{{new string(']', 3000)}}}"""),
        ("no algorithm", """{"typ":"JWT"}""", """{"sub":"u","exp":@}"""),
        ("an algorithm that is a number", """{"alg":1}""", """{"sub":"u","exp":@}"""),
        ("an algorithm in another case", """{"alg":"hs256"}""", """{"sub":"u","exp":@}"""),
        ("an algorithm with a line break", """{"alg":"HS256\r\nX: y"}""", """{"sub":"u","exp":@}"""),
        ("a header that is an array", "[]", """{"sub":"u","exp":@}"""),
        ("a header that is no JSON", "{", """{"sub":"u","exp":@}"""),
        ("an encrypted content", """{"alg":"HS256","zip":"DEF"}""", "\u0001\u0002"),
    ];

    [Fact]
    public async Task What_is_signed_and_still_no_token_is_refused()
    {
        await using var server = await RunningServer.StartAsync();

        foreach (var (what, header, claims) in Wrong)
        {
            var answer = await server.Public.GetWithTokenAsync(Probe, Sign(header, claims.Replace("@", Later, StringComparison.Ordinal)));

            Assert.True(answer.StatusCode == HttpStatusCode.Unauthorized, $"{what}: {answer.StatusCode} {await answer.TextAsync()}");
            await answer.ProblemAsync(HttpStatusCode.Unauthorized, ProblemTypes.Unauthorized);
        }
    }

    [Theory]
    [InlineData("größe")]
    [InlineData("a\nb")]
    [InlineData("a\u0000b")]
    [InlineData("a\"b\\")]
    public async Task What_a_token_says_cannot_break_the_answer_that_refuses_it(string text)
    {
        await using var server = await RunningServer.StartAsync(("Belfry__Auth__Audience", "belfry"), ("Belfry__Auth__Issuer", "shop"));
        var exp = TestTokens.In(TimeSpan.FromMinutes(5));

        foreach (var claims in (Dictionary<string, object>[])
        [
            new() { ["sub"] = "u", ["exp"] = exp, ["iss"] = "shop", ["aud"] = text },
            new() { ["sub"] = "u", ["exp"] = exp, ["iss"] = text, ["aud"] = "belfry" },
        ])
        {
            var answer = await server.Public.GetWithTokenAsync(Probe, TestTokens.Make(RunningServer.Secret, claims));

            Assert.DoesNotContain(text, await answer.ProblemAsync(HttpStatusCode.Unauthorized, ProblemTypes.Unauthorized), StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task A_header_may_not_say_where_its_key_is_or_bring_it()
    {
        await using var server = await RunningServer.StartAsync();
        using var rsa = RSA.Create(2048);
        var parameters = rsa.ExportParameters(includePrivateParameters: false);
        var key = $$"""{"kty":"RSA","n":"{{Base64UrlEncoder.Encode(parameters.Modulus)}}","e":"{{Base64UrlEncoder.Encode(parameters.Exponent)}}"}""";

        foreach (var header in (string[])[$$"""{"alg":"RS256","jwk":{{key}}}""", """{"alg":"RS256","jku":"http://127.0.0.1:1/keys"}""", """{"alg":"RS256","kid":"../../dev/null"}"""])
        {
            var said = $"{Base64UrlEncoder.Encode(header)}.{Base64UrlEncoder.Encode($$"""{"sub":"u","exp":{{Later}}}""")}";
            var signature = rsa.SignData(Encoding.ASCII.GetBytes(said), HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);

            using var answer = await server.Public.GetWithTokenAsync(Probe, $"{said}.{Base64UrlEncoder.Encode(signature)}");
            Assert.Equal(HttpStatusCode.Unauthorized, answer.StatusCode);
        }
    }

    [Fact]
    public async Task Garbage_is_refused_as_a_token_as_a_cookie_and_as_a_key()
    {
        await using var server = await RunningServer.StartAsync();

        foreach (var token in (string[])["", ".", "..", "....", ".....", "a.b.c", "e30.e30.e30", "!!!.???.###", ", Bearer x", "%00"])
        {
            await (await server.Public.GetWithTokenAsync(Probe, token)).ProblemAsync(HttpStatusCode.Unauthorized, ProblemTypes.Unauthorized);
            await (await server.Public.SendAsync(HttpMethod.Get, Probe, ("Cookie", $"belfry_token={token}"))).ProblemAsync(HttpStatusCode.Unauthorized, ProblemTypes.Unauthorized);
            await (await server.Admin.SendAsync(HttpMethod.Get, "/probe/admin", ("X-Forwarded-For", "203.0.113.9"), ("Authorization", $"Bearer {token}")))
                .ProblemAsync(HttpStatusCode.Unauthorized, ProblemTypes.Unauthorized);
        }
    }

    [Fact]
    public async Task A_token_of_many_kilobytes_is_read_and_one_beyond_the_bound_of_headers_is_not()
    {
        await using var server = await RunningServer.StartAsync();

        var large = Sign(Header, $$"""{"sub":"u","exp":{{Later}},"x":"{{new string('x', 11_000)}}"}""");
        Assert.Equal("u", await (await server.Public.GetWithTokenAsync(Probe, large)).TextAsync());
        Assert.Equal(HttpStatusCode.Unauthorized, (await server.Public.GetWithTokenAsync(Probe, large + "A")).StatusCode);
        Assert.Equal(HttpStatusCode.RequestHeaderFieldsTooLarge, (await server.Public.GetWithTokenAsync(Probe, new string('x', 17_000))).StatusCode);
    }

    [Fact]
    public async Task Two_credentials_of_one_kind_are_none()
    {
        await using var server = await RunningServer.StartAsync();
        var bearer = ("Authorization", $"Bearer {TestTokens.Of("user-1")}");
        var key = ("X-API-Key", RunningServer.ApiKey);

        Assert.Equal(HttpStatusCode.Unauthorized, (await server.Public.SendAsync(HttpMethod.Get, Probe, bearer, bearer)).StatusCode);
        Assert.Equal(HttpStatusCode.Unauthorized, (await server.Public.SendAsync(HttpMethod.Get, Probe, bearer, ("Authorization", "Basic dTpw"))).StatusCode);
        Assert.Equal(HttpStatusCode.Unauthorized, (await server.Public.SendAsync(HttpMethod.Post, "/probe/publish", key, key)).StatusCode);
        Assert.Equal(HttpStatusCode.Unauthorized, (await server.Public.SendAsync(HttpMethod.Post, "/probe/publish", key, ("X-API-Key", "bk_wrong"))).StatusCode);
    }

    [Fact]
    public async Task A_stream_ends_with_a_token_whose_end_is_between_two_seconds()
    {
        await using var server = await RunningServer.StartAsync(("ConnectionStrings__Postgres", ""));

        var stream = await server.Public.GetWithTokenAsync("/v1/stream", Sign(Header, $$"""{"sub":"u","exp":{{TestTokens.In(TimeSpan.FromSeconds(1))}}.5}"""));

        Assert.Equal(HttpStatusCode.OK, stream.StatusCode);
        Assert.Contains("event: bye", await stream.TextAsync(), StringComparison.Ordinal);
    }

    private static string Sign(string header, string claims)
    {
        var said = $"{Base64UrlEncoder.Encode(header)}.{Base64UrlEncoder.Encode(claims)}";
        return $"{said}.{Base64UrlEncoder.Encode(HMACSHA256.HashData(Encoding.UTF8.GetBytes(RunningServer.Secret), Encoding.ASCII.GetBytes(said)))}";
    }
}
