using System.Net;
using Belfry.Contracts;

namespace Belfry.Tests.Hosting;

/// <summary>Users' tokens signed by an authority that publishes its keys.</summary>
public sealed class AuthorityTests
{
    private const string Probe = "/probe/user";

    private static Task<RunningServer> StartAsync(string authority) => RunningServer.StartAsync(
        ("Belfry__Auth__Secret", ""), ("Belfry__Auth__Authority", authority), ("Belfry__Auth__Audience", "belfry"));

    [Fact]
    public async Task A_token_of_the_authority_for_this_audience_lets_its_subject_in()
    {
        await using var authority = await TestAuthority.StartAsync();
        await using var server = await StartAsync(authority.Address);

        var answer = await server.Public.GetWithTokenAsync(Probe, authority.Sign("user-1", "belfry"));

        Assert.Equal("user-1", await answer.TextAsync());
    }

    [Fact]
    public async Task Tokens_for_others_by_others_or_signed_with_the_published_key_as_a_secret_are_refused()
    {
        await using var authority = await TestAuthority.StartAsync();
        await using var server = await StartAsync(authority.Address);
        var claims = new Dictionary<string, object>
        {
            ["sub"] = "user-1",
            ["aud"] = "belfry",
            ["iss"] = authority.Address,
            ["exp"] = TestTokens.In(TimeSpan.FromMinutes(5)),
        };
        string[] wrong =
        [
            authority.Sign("user-1", "another application"),
            authority.Sign("user-1", "belfry", issuer: "https://elsewhere.example.com"),
            TestTokens.Make(authority.PublicKeyText(), claims),
            TestTokens.Make(RunningServer.Secret, claims),
            TestTokens.Unsigned("user-1"),
        ];

        foreach (var token in wrong)
        {
            Assert.Equal(HttpStatusCode.Unauthorized, (await server.Public.GetWithTokenAsync(Probe, token)).StatusCode);
        }
    }

    [Fact]
    public async Task While_the_authority_is_away_clients_are_told_to_come_back()
    {
        string address, token;
        await using (var gone = await TestAuthority.StartAsync())
        {
            address = gone.Address;
            token = gone.Sign("user-1", "belfry");
        }

        await using var server = await StartAsync(address);
        var answer = await server.Public.GetWithTokenAsync(Probe, token);

        await answer.ProblemAsync(HttpStatusCode.ServiceUnavailable, ProblemTypes.Overloaded);
        Assert.NotNull(answer.Headers.RetryAfter);
    }
}
