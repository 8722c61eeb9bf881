using System.Net;
using Belfry.Contracts;

namespace Belfry.Tests.Hosting;

/// <summary>Who may see and change what operators do, and what they hear while the store is away.</summary>
public sealed class OperatorEndpointTests
{
    private static readonly (string, string) FromElsewhere = ("X-Forwarded-For", "203.0.113.9");

    public static TheoryData<string, string> Endpoints => new()
    {
        { "GET", "/v1/admin/deadletters" },
        { "GET", "/v1/admin/deadletters/task-1" },
        { "DELETE", "/v1/admin/deadletters/record-1" },
        { "POST", "/v1/admin/deadletters/record-1/retry" },
        { "GET", "/v1/admin/events/source/id%2F1" },
    };

    [Theory]
    [MemberData(nameof(Endpoints))]
    public async Task Beyond_this_machine_they_need_an_operators_key(string method, string path)
    {
        await using var server = await RunningServer.StartAsync();

        var without = await server.Admin.SendAsync(new HttpMethod(method), path, FromElsewhere);
        var wrong = await server.Admin.SendAsync(new HttpMethod(method), path, FromElsewhere, ("X-API-Key", RunningServer.ApiKey));
        var right = await server.Admin.SendAsync(new HttpMethod(method), path, FromElsewhere, ("X-API-Key", RunningServer.AdminKey));

        await without.ProblemAsync(HttpStatusCode.Unauthorized, ProblemTypes.Unauthorized);
        await wrong.ProblemAsync(HttpStatusCode.Forbidden, ProblemTypes.Forbidden);
        Assert.Equal(HttpStatusCode.ServiceUnavailable, right.StatusCode);
    }

    [Theory]
    [MemberData(nameof(Endpoints))]
    public async Task While_the_store_is_away_they_say_so_and_when_to_come_again(string method, string path)
    {
        await using var server = await RunningServer.StartAsync();

        var answer = await server.Admin.SendAsync(new HttpMethod(method), path);

        await answer.ProblemAsync(HttpStatusCode.ServiceUnavailable, ProblemTypes.StoreUnavailable);
        Assert.Equal(TimeSpan.FromSeconds(2), answer.Headers.RetryAfter?.Delta);
        Assert.DoesNotContain(server.Log.Lines, line => line.Contains("unhandled", StringComparison.OrdinalIgnoreCase));
    }

    [Theory]
    [MemberData(nameof(Endpoints))]
    public async Task They_are_not_on_the_public_listener(string method, string path)
    {
        await using var server = await RunningServer.StartAsync();

        var answer = await server.Public.SendAsync(new HttpMethod(method), path, ("X-API-Key", RunningServer.AdminKey));

        Assert.Equal(HttpStatusCode.NotFound, answer.StatusCode);
    }
}
