using System.Net;
using Belfry.Contracts;

namespace Belfry.Tests.Hosting;

/// <summary>The token in the cookie, which a browser sends whoever made it ask.</summary>
public sealed class CookieTests
{
    private const string Probe = "/probe/user";
    private const string Allowed = "https://app.example.com";

    private static (string, string) Cookie(string user = "user-1") => ("Cookie", $"belfry_token={TestTokens.Of(user)}");

    private static Task<RunningServer> StartAsync() => RunningServer.StartAsync(("Belfry__Http__CorsOrigins__0", Allowed));

    [Fact]
    public async Task A_read_needs_no_origin()
    {
        await using var server = await StartAsync();

        var answer = await server.Public.SendAsync(HttpMethod.Get, Probe, Cookie());

        Assert.Equal("user-1", await answer.TextAsync());
    }

    [Fact]
    public async Task A_write_from_our_own_or_an_allowed_origin_passes()
    {
        await using var server = await StartAsync();
        var own = server.Public.BaseAddress!.GetLeftPart(UriPartial.Authority);

        foreach (var origin in new[] { own, Allowed })
        {
            var answer = await server.Public.SendAsync(HttpMethod.Post, Probe, Cookie(), ("Origin", origin));
            Assert.True(answer.StatusCode == HttpStatusCode.OK, origin);
        }
    }

    [Fact]
    public async Task A_write_from_elsewhere_or_from_nowhere_is_forbidden()
    {
        await using var server = await StartAsync();

        foreach (var origin in new[] { "https://evil.example.com", "null", Allowed + ".evil.com", "http://app.example.com", null })
        {
            var answer = origin is null
                ? await server.Public.SendAsync(HttpMethod.Post, Probe, Cookie())
                : await server.Public.SendAsync(HttpMethod.Post, Probe, Cookie(), ("Origin", origin));
            var detail = await answer.ProblemAsync(HttpStatusCode.Forbidden, ProblemTypes.Forbidden);
            Assert.Contains("Origin", detail, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task A_write_with_a_header_token_needs_no_origin_whatever_cookie_comes_along()
    {
        await using var server = await StartAsync();

        var answer = await server.Public.SendAsync(
            HttpMethod.Post, Probe, Cookie("user-2"), ("Authorization", $"Bearer {TestTokens.Of("user-1")}"));

        Assert.Equal("user-1", await answer.TextAsync());
    }

    [Fact]
    public async Task A_cookie_never_replaces_a_header_token_that_is_not_valid()
    {
        await using var server = await StartAsync();

        var answer = await server.Public.SendAsync(HttpMethod.Get, Probe, Cookie(), ("Authorization", "Bearer nonsense"));

        Assert.Equal(HttpStatusCode.Unauthorized, answer.StatusCode);
    }

    [Fact]
    public async Task Browsers_of_allowed_origins_may_read_with_credentials_and_others_may_not()
    {
        await using var server = await StartAsync();

        var allowed = await server.Public.SendAsync(
            HttpMethod.Options,
            Probe,
            ("Origin", Allowed),
            ("Access-Control-Request-Method", "GET"),
            ("Access-Control-Request-Headers", "authorization,last-event-id,x-api-key,x-belfry-client,content-type"));
        var other = await server.Public.SendAsync(HttpMethod.Get, Probe, Cookie(), ("Origin", "https://evil.example.com"));

        Assert.Equal(Allowed, Assert.Single(allowed.Headers.GetValues("Access-Control-Allow-Origin")));
        Assert.Equal("true", Assert.Single(allowed.Headers.GetValues("Access-Control-Allow-Credentials")));
        Assert.Contains("Last-Event-ID", string.Join(',', allowed.Headers.GetValues("Access-Control-Allow-Headers")), StringComparison.OrdinalIgnoreCase);
        Assert.False(other.Headers.Contains("Access-Control-Allow-Origin"));
    }
}
