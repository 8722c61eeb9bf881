using System.Net;
using Belfry.Contracts;
using Belfry.Hosting.Auth;

namespace Belfry.Tests.Hosting;

/// <summary>Publishers and operators.</summary>
public sealed class ApiKeyTests
{
    private const string Probe = "/probe/publish";

    [Fact]
    public async Task A_publisher_is_known_by_the_name_of_its_key()
    {
        await using var server = await RunningServer.StartAsync(("Belfry__Auth__ApiKeys__0", KeyHash.Format("bk_other")));

        Assert.Equal("web", await (await server.Public.SendAsync(HttpMethod.Post, Probe, ("X-API-Key", RunningServer.ApiKey))).TextAsync());
        Assert.Equal("0", await (await server.Public.SendAsync(HttpMethod.Post, Probe, ("X-API-Key", "bk_other"))).TextAsync());
    }

    [Fact]
    public async Task An_admin_key_may_publish_too()
    {
        await using var server = await RunningServer.StartAsync();

        Assert.Equal("ops", await (await server.Public.SendAsync(HttpMethod.Post, Probe, ("X-API-Key", RunningServer.AdminKey))).TextAsync());
    }

    [Fact]
    public async Task One_key_may_stand_in_both_lists()
    {
        await using var server = await RunningServer.StartAsync(("Belfry__Auth__AdminKeys__both", KeyHash.Format(RunningServer.ApiKey)));

        var answer = await server.Public.SendAsync(HttpMethod.Post, Probe, ("X-API-Key", RunningServer.ApiKey));

        Assert.Equal("web", await answer.TextAsync());
    }

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("bk_wrong")]
    [InlineData("sha256:0000")]
    public async Task Without_a_valid_key_nothing_is_published(string? key)
    {
        await using var server = await RunningServer.StartAsync();

        var answer = key is null
            ? await server.Public.SendAsync(HttpMethod.Post, Probe)
            : await server.Public.SendAsync(HttpMethod.Post, Probe, ("X-API-Key", key));

        Assert.Contains("X-API-Key", await answer.ProblemAsync(HttpStatusCode.Unauthorized, ProblemTypes.Unauthorized), StringComparison.Ordinal);
        Assert.Equal("ApiKey", Assert.Single(answer.Headers.WwwAuthenticate).Scheme);
    }

    [Fact]
    public async Task The_hash_itself_is_not_a_key()
    {
        await using var server = await RunningServer.StartAsync();

        var answer = await server.Public.SendAsync(HttpMethod.Post, Probe, ("X-API-Key", KeyHash.Format(RunningServer.ApiKey)));

        Assert.Equal(HttpStatusCode.Unauthorized, answer.StatusCode);
    }

    [Fact]
    public async Task A_users_token_does_not_publish_and_a_key_does_not_stream()
    {
        await using var server = await RunningServer.StartAsync();

        var published = await server.Public.SendAsync(HttpMethod.Post, Probe, ("Authorization", $"Bearer {TestTokens.Of("user-1")}"));
        var streamed = await server.Public.SendAsync(HttpMethod.Get, "/probe/user", ("X-API-Key", RunningServer.ApiKey));

        Assert.Equal(HttpStatusCode.Unauthorized, published.StatusCode);
        Assert.Equal(HttpStatusCode.Unauthorized, streamed.StatusCode);
    }
}
