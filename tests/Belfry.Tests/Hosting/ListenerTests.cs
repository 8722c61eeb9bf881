using System.Net;
using Belfry.Contracts;
using Microsoft.AspNetCore.Hosting.Server;

namespace Belfry.Tests.Hosting;

/// <summary>The public listener and the admin listener have nothing in common but health.</summary>
public sealed class ListenerTests
{
    [Fact]
    public async Task A_path_of_one_listener_is_unknown_on_the_other()
    {
        await using var server = await RunningServer.StartAsync();

        foreach (var method in new[] { HttpMethod.Get, HttpMethod.Post, HttpMethod.Delete })
        {
            await (await server.Public.SendAsync(method, "/probe/admin")).ProblemAsync(HttpStatusCode.NotFound, ProblemTypes.NotFound);
            await (await server.Public.SendAsync(method, "/metrics")).ProblemAsync(HttpStatusCode.NotFound, ProblemTypes.NotFound);
            await (await server.Admin.SendAsync(method, "/probe/user")).ProblemAsync(HttpStatusCode.NotFound, ProblemTypes.NotFound);
            await (await server.Admin.SendAsync(method, "/v1/stream")).ProblemAsync(HttpStatusCode.NotFound, ProblemTypes.NotFound);
        }
    }

    [Fact]
    public async Task Health_is_on_both()
    {
        await using var server = await RunningServer.StartAsync();

        foreach (var client in new[] { server.Public, server.Admin })
        {
            Assert.Equal("ok", await (await client.SendAsync(HttpMethod.Get, "/livez")).TextAsync());
            Assert.True((await (await client.SendAsync(HttpMethod.Get, "/readyz")).JsonAsync()).TryGetProperty("checks", out _));
        }
    }

    [Fact]
    public async Task A_host_header_with_the_other_ones_port_changes_nothing()
    {
        await using var server = await RunningServer.StartAsync();

        var answer = await server.Public.SendAsync(HttpMethod.Get, "/probe/admin", ("Host", server.Admin.BaseAddress!.Authority));

        Assert.Equal(HttpStatusCode.NotFound, answer.StatusCode);
    }

    [Fact]
    public async Task On_this_machine_the_admin_listener_needs_no_key()
    {
        await using var server = await RunningServer.StartAsync();

        Assert.Equal("operator", await (await server.Admin.SendAsync(HttpMethod.Get, "/probe/admin")).TextAsync());
    }

    [Theory]
    [InlineData("X-Forwarded-For", "203.0.113.9")] // a proxy on this machine is not the caller
    [InlineData("Forwarded", "for=203.0.113.9")]
    [InlineData("Host", "rebound.example.com")] // a web page whose name was pointed at 127.0.0.1
    public async Task What_comes_through_this_machine_from_elsewhere_needs_a_key(string header, string value)
    {
        await using var server = await RunningServer.StartAsync();

        var without = await server.Admin.SendAsync(HttpMethod.Get, "/probe/admin", (header, value));
        var wrong = await server.Admin.SendAsync(HttpMethod.Get, "/probe/admin", (header, value), ("X-API-Key", RunningServer.ApiKey));
        var right = await server.Admin.SendAsync(HttpMethod.Get, "/probe/admin", (header, value), ("X-API-Key", RunningServer.AdminKey));
        var bearer = await server.Admin.SendAsync(HttpMethod.Get, "/probe/admin", (header, value), ("Authorization", $"Bearer {RunningServer.AdminKey}"));

        await without.ProblemAsync(HttpStatusCode.Unauthorized, ProblemTypes.Unauthorized);
        await wrong.ProblemAsync(HttpStatusCode.Forbidden, ProblemTypes.Forbidden);
        Assert.Equal(HttpStatusCode.OK, right.StatusCode);
        Assert.Equal(HttpStatusCode.OK, bearer.StatusCode);
    }

    [Theory]
    [InlineData("127.0.0.1", "203.0.113.9 https")]
    [InlineData("127.0.0.0/8", "203.0.113.9 https")]
    [InlineData("10.0.0.0/8", "127.0.0.1 http")]
    public async Task Only_a_trusted_proxy_is_believed(string trusted, string caller)
    {
        await using var server = await RunningServer.StartAsync(("Belfry__Http__TrustedProxies__0", trusted));

        var answer = await server.Public.SendAsync(
            HttpMethod.Get, "/probe/caller", ("X-Forwarded-For", "203.0.113.9"), ("X-Forwarded-Proto", "https"));

        Assert.Equal(caller, await answer.TextAsync());
    }

    [Fact]
    public async Task Without_trusted_proxies_nobody_is_believed()
    {
        await using var server = await RunningServer.StartAsync();

        Assert.Equal("127.0.0.1 http", await (await server.Public.SendAsync(HttpMethod.Get, "/probe/caller", ("X-Forwarded-For", "203.0.113.9"))).TextAsync());
    }

    [Fact]
    public async Task Each_listener_may_have_several_addresses()
    {
        await using var server = await RunningServer.StartAsync(("Belfry__Http__Urls", "http://127.0.0.1:0;http://localhost:0"));
        var addresses = server.Services.GetRequiredService<IServer>().Features.Get<Microsoft.AspNetCore.Hosting.Server.Features.IServerAddressesFeature>()!;

        Assert.Equal(3, addresses.Addresses.Count);
    }
}
