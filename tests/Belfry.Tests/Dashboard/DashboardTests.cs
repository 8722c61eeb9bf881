using System.Net;
using System.Net.ServerSentEvents;
using System.Text.Json;
using Belfry.Contracts;
using Belfry.Tests.Hosting;

namespace Belfry.Tests.Dashboard;

/// <summary>What the dashboard answers, and to whom. There is no store behind these servers.</summary>
public sealed class DashboardTests
{
    private static readonly (string, string) FromElsewhere = ("X-Forwarded-For", "203.0.113.9");

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("/dashboard", "text/html")]
    [InlineData("/dashboard/app.js", "text/javascript")]
    [InlineData("/dashboard/echarts.js", "text/javascript")]
    [InlineData("/dashboard/style.css", "text/css")]
    [InlineData("/dashboard/bell.svg", "image/svg+xml")]
    public async Task The_page_comes_from_the_assembly_and_loads_nothing_from_elsewhere(string path, string type)
    {
        await using var server = await RunningServer.StartAsync();

        var answer = await server.Admin.SendAsync(HttpMethod.Get, path);

        Assert.Equal((HttpStatusCode.OK, type), (answer.StatusCode, answer.Content.Headers.ContentType?.MediaType));
        var policy = Assert.Single(answer.Headers.GetValues("Content-Security-Policy"));
        Assert.Contains("default-src 'none'; script-src 'self'; style-src 'self';", policy, StringComparison.Ordinal);
        Assert.DoesNotContain("unsafe", policy, StringComparison.Ordinal);
        Assert.Equal("nosniff", Assert.Single(answer.Headers.GetValues("X-Content-Type-Options")));

        var again = await server.Admin.SendAsync(HttpMethod.Get, path, ("If-None-Match", answer.Headers.ETag!.ToString()));
        Assert.Equal(HttpStatusCode.NotModified, again.StatusCode);
    }

    [Fact]
    public async Task It_packs_what_it_sends_to_those_who_can_unpack_it()
    {
        await using var server = await RunningServer.StartAsync();

        var packed = await server.Admin.SendAsync(HttpMethod.Get, "/dashboard/echarts.js", ("Accept-Encoding", "gzip"));

        Assert.Equal("gzip", Assert.Single(packed.Content.Headers.ContentEncoding));
        Assert.InRange(packed.Content.Headers.ContentLength!.Value, 1, 500_000);
    }

    [Theory]
    [InlineData("/dashboard")]
    [InlineData("/dashboard/app.js")]
    [InlineData("/dashboard/stats")]
    [InlineData("/dashboard/mailbox?user=u")]
    public async Task Beyond_loopback_it_needs_the_admin_key_and_on_the_public_listener_it_is_not(string path)
    {
        await using var server = await RunningServer.StartAsync();

        var without = await server.Admin.SendAsync(HttpMethod.Get, path, FromElsewhere);
        var publisher = await server.Admin.SendAsync(HttpMethod.Get, path, FromElsewhere, ("X-API-Key", RunningServer.ApiKey));
        var outside = await server.Public.SendAsync(HttpMethod.Get, path, ("X-API-Key", RunningServer.AdminKey));

        await without.ProblemAsync(HttpStatusCode.Unauthorized, ProblemTypes.Unauthorized);
        await publisher.ProblemAsync(HttpStatusCode.Forbidden, ProblemTypes.Forbidden);
        await outside.ProblemAsync(HttpStatusCode.NotFound, ProblemTypes.NotFound);
    }

    [Fact]
    public async Task The_admin_key_opens_it()
    {
        await using var server = await RunningServer.StartAsync();

        var answer = await server.Admin.SendAsync(HttpMethod.Get, "/dashboard", FromElsewhere, ("X-API-Key", RunningServer.AdminKey));

        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
    }

    [Fact]
    public async Task A_file_that_it_has_not_is_not_found()
    {
        await using var server = await RunningServer.StartAsync();

        await (await server.Admin.SendAsync(HttpMethod.Get, "/dashboard/nothing.js")).ProblemAsync(HttpStatusCode.NotFound, ProblemTypes.NotFound);
    }

    [Fact]
    public async Task A_viewer_is_told_the_past_then_every_second_and_at_the_end_that_the_server_goes()
    {
        await using var server = await RunningServer.StartAsync();
        using var answer = await server.Admin.GetAsync("/dashboard/stats", HttpCompletionOption.ResponseHeadersRead, Cancelled);
        await using var body = await answer.Content.ReadAsStreamAsync(Cancelled);
        await using var events = SseParser.Create(body).EnumerateAsync(Cancelled).GetAsyncEnumerator(Cancelled);
        Assert.Equal("text/event-stream", answer.Content.Headers.ContentType?.MediaType);

        var history = await NextAsync(events, "history");
        var series = history.GetProperty("series").EnumerateArray().Select(name => name.GetString()).ToList();
        Assert.Equal("PostgreSQL", history.GetProperty("server").GetProperty("store").GetString());
        Assert.False(history.GetProperty("signed_in").GetBoolean());
        Assert.Contains("latency_p99", series);

        var row = (await NextAsync(events, "sample")).GetProperty("row").EnumerateArray().ToList();
        Assert.Equal(series.Count + 1, row.Count);
        Assert.Equal(0, row[series.IndexOf("in_http") + 1].GetDouble());
        Assert.Equal(JsonValueKind.Null, row[series.IndexOf("latency_p99") + 1].ValueKind);

        // A store that never was there: said in words, and nothing breaks.
        var now = (await NextAsync(events, "sample")).GetProperty("now");
        Assert.Equal("away", now.GetProperty("health").GetString());
        Assert.Equal("the store is away", now.GetProperty("queue").GetProperty("problem").GetString());

        var stopped = server.StopAsync();
        var last = "";
        while (await events.MoveNextAsync()) last = events.Current.EventType;
        Assert.Equal("draining", last);
        await stopped;
    }

    [Theory]
    [InlineData("")]
    [InlineData("?user=")]
    [InlineData("?user=a%00b")]
    public async Task What_is_no_user_has_no_mailbox(string query)
    {
        await using var server = await RunningServer.StartAsync();

        var answer = await server.Admin.SendAsync(HttpMethod.Get, "/dashboard/mailbox" + query);

        await answer.ProblemAsync(HttpStatusCode.BadRequest, ProblemTypes.InvalidField);
    }

    [Fact]
    public async Task While_the_store_is_away_a_mailbox_cannot_be_looked_into()
    {
        await using var server = await RunningServer.StartAsync();

        var answer = await server.Admin.SendAsync(HttpMethod.Get, "/dashboard/mailbox?user=u");

        await answer.ProblemAsync(HttpStatusCode.ServiceUnavailable, ProblemTypes.StoreUnavailable);
    }

    private static async Task<JsonElement> NextAsync(IAsyncEnumerator<SseItem<string>> events, string name)
    {
        Assert.True(await events.MoveNextAsync().AsTask().WaitAsync(TimeSpan.FromSeconds(20), Cancelled));
        Assert.Equal(name, events.Current.EventType);
        return JsonDocument.Parse(events.Current.Data).RootElement;
    }
}
