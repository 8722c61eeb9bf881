using System.Net;
using Belfry.Hosting.Auth;
using Belfry.Hosting.Listeners;
using Belfry.Tests.Hosting;

namespace Belfry.Tests.Security;

/// <summary>Every route that is mapped, found by asking the router: a new one cannot be forgotten here.</summary>
public sealed class RouteTests
{
    /// <summary>What anybody may ask; for everything else the answer is 401 or 403.</summary>
    private static readonly string[] Open =
    [
        "GET /livez", "HEAD /livez", "GET /readyz", "HEAD /readyz",
    ];

    // The admin listener lets in whoever is on this machine: these callers are not.
    private static readonly (string, string) FromElsewhere = ("X-Forwarded-For", "203.0.113.9");

    [Fact]
    public async Task Without_credentials_every_route_answers_401_or_403()
    {
        await using var server = await RunningServer.StartAsync();

        await DemandAsync(server, Routes(server));
    }

    [Fact]
    public async Task Credentials_open_only_the_routes_that_are_for_them()
    {
        await using var server = await RunningServer.StartAsync();
        var routes = Routes(server).ToList();
        var token = ("Authorization", $"Bearer {TestTokens.Of("user-1")}");
        var key = ("X-API-Key", RunningServer.ApiKey);

        await DemandAsync(server, routes.Where(route => route.Policy != Policies.User), token);
        await DemandAsync(server, routes.Where(route => route.Policy != Policies.Publisher), key);
        await DemandAsync(server, routes.Where(route => route.Policy == Policies.User), ("X-API-Key", RunningServer.AdminKey));
    }

    [Theory]
    [InlineData("access_token")]
    [InlineData("token")]
    [InlineData("belfry_token")]
    [InlineData("api_key")]
    [InlineData("X-API-Key")]
    public async Task Nothing_in_an_address_is_a_credential(string name)
    {
        await using var server = await RunningServer.StartAsync();

        foreach (var secret in (string[])[TestTokens.Of("user-1"), RunningServer.ApiKey, RunningServer.AdminKey])
        {
            await DemandAsync(server, Routes(server).Select(route => route with { Path = $"{route.Path}?{name}={secret}" }));
        }
    }

    [Fact]
    public async Task A_route_of_one_listener_is_unknown_on_the_other()
    {
        await using var server = await RunningServer.StartAsync();
        var both = Routes(server).ToLookup(route => (route.Method, route.Path), route => route.Listener);

        foreach (var route in Routes(server).Where(route => both[(route.Method, route.Path)].Count() == 1))
        {
            var other = route.Listener == Listener.Admin ? server.Public : server.Admin;
            using var answer = await other.SendAsync(new HttpMethod(route.Method), route.Path, ("X-API-Key", RunningServer.AdminKey));
            Assert.True(answer.StatusCode == HttpStatusCode.NotFound, $"{route}: {answer.StatusCode}");
        }
    }

    private static async Task DemandAsync(RunningServer server, IEnumerable<Route> routes, params (string, string)[] credentials)
    {
        var asked = 0;
        foreach (var route in routes)
        {
            asked++;
            var client = route.Listener == Listener.Admin ? server.Admin : server.Public;
            using var answer = await client.SendAsync(new HttpMethod(route.Method), route.Path, [FromElsewhere, .. credentials]);
            Assert.True(answer.StatusCode is HttpStatusCode.Unauthorized or HttpStatusCode.Forbidden, $"{route}: {answer.StatusCode}");
        }

        Assert.NotEqual(0, asked);
    }

    private static IEnumerable<Route> Routes(RunningServer server) =>
        from endpoint in server.Services.GetRequiredService<EndpointDataSource>().Endpoints.OfType<RouteEndpoint>()
        let path = PathOf(endpoint)
        where !path.StartsWith("/probe/", StringComparison.Ordinal)
        from method in endpoint.Metadata.GetMetadata<IHttpMethodMetadata>()?.HttpMethods ?? ["GET"]
        where !Open.Contains($"{method} {path}")
        let listeners = (endpoint.Metadata.GetMetadata<ListenerMark>() ?? ListenerMark.Public).Listener
        from listener in new[] { Listener.Public, Listener.Admin }
        where listeners.HasFlag(listener)
        let policy = endpoint.Metadata.GetMetadata<Microsoft.AspNetCore.Authorization.IAuthorizeData>()?.Policy
        select new Route(method, path, listener, policy);

    private static string PathOf(RouteEndpoint endpoint) => "/" + string.Join('/', endpoint.RoutePattern.PathSegments.Select(segment =>
        string.Concat(segment.Parts.Select(part => part is Microsoft.AspNetCore.Routing.Patterns.RoutePatternLiteralPart literal ? literal.Content : "x"))));

    private sealed record Route(string Method, string Path, Listener Listener, string? Policy);
}
