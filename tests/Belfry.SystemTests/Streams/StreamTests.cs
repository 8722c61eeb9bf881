using System.Net;
using Belfry.Contracts;
using Belfry.SystemTests.Running;
using Xunit;

namespace Belfry.SystemTests.Streams;

/// <summary>The stream's contract over a real socket, on PostgreSQL.</summary>
public sealed class StreamTests(SharedPostgres shared)
{
    private static readonly HttpClient Http = new();

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Two_users_never_see_each_others_notifications()
    {
        await using var service = await StartAsync();
        await using var one = service.Open("user-1");
        await using var two = service.Open("user-2");

        await service.PublishAsync([.. Enumerable.Range(0, 200).Select(i => Service.Event(i % 2 == 0 ? "user-1" : "user-2"))], Cancelled);

        Assert.All(await one.TakeAsync(100), n => Assert.Equal("user-1", n.UserId));
        Assert.All(await two.TakeAsync(100), n => Assert.Equal("user-2", n.UserId));
    }

    [Fact]
    public async Task All_of_a_users_devices_get_everything_and_one_that_was_away_gets_what_it_missed()
    {
        await using var service = await StartAsync();
        await using var first = service.Open("user-1");
        string cursor;
        await using (var second = service.Open("user-1", reconnect: false))
        {
            await service.PublishAsync([Service.Event("user-1", "a")], Cancelled);
            await second.TakeAsync(1);
            cursor = second.Cursor!;
        }

        await service.PublishAsync([Service.Event("user-1", "b"), Service.Event("user-1", "c")], Cancelled);
        await using var back = service.Open("user-1", cursor: cursor);

        Assert.Equal(["a", "b", "c"], (await first.TakeAsync(3)).Select(n => n.Id));
        Assert.Equal(["b", "c"], (await back.TakeAsync(2)).Select(n => n.Id));
    }

    [Theory]
    [InlineData("EPOCH-0", null, 1)]
    [InlineData("EPOCH-4", null, 5)]
    [InlineData("EPOCH-10", null, null)]
    [InlineData("EPOCH-11", ResetReasons.Ahead, null)]
    [InlineData("other-3", ResetReasons.Epoch, 1)]
    [InlineData("not a cursor", ResetReasons.Epoch, 1)]
    public async Task Every_kind_of_cursor_is_followed_or_reset_once(string after, string? reason, int? first)
    {
        await using var service = await StartAsync();
        await service.PublishAsync([.. Enumerable.Range(1, 10).Select(i => Service.Event("user-1", $"e{i}"))], Cancelled);
        await using var probe = service.Open("user-1", "?since=latest", reconnect: false);
        var epoch = (await probe.NextAsync()).Id!.Split('-')[0];

        await using var client = service.Open("user-1", cursor: after.Replace("EPOCH", epoch, StringComparison.Ordinal), reconnect: false);
        var blocks = new List<StreamBlock>();
        while (blocks.Count == 0 || blocks[^1].Event != StreamEvents.CaughtUp) blocks.Add(await client.NextAsync());

        Assert.Equal(reason is null ? [] : new[] { reason }, blocks.Where(b => b.Event == StreamEvents.Reset).Select(b => b.Reset.Reason));
        var seqs = blocks.Where(b => b.Event == StreamEvents.Notification).Select(b => (int)b.Notification.Seq);
        Assert.Equal(first is { } from ? Enumerable.Range(from, 11 - from) : [], seqs);
        Assert.Equal($"{epoch}-10", client.Cursor);
        Assert.Equal(10, blocks[^1].CaughtUp.Counts.Total);
    }

    [Fact]
    public async Task An_events_trace_reaches_the_stream()
    {
        const string traceparent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
        await using var service = await StartAsync();
        await using var client = service.Open("user-1");

        await service.PublishAsync([Service.Event("user-1") with { Traceparent = traceparent }], Cancelled);

        Assert.Equal(traceparent, (await client.TakeAsync(1))[0].Traceparent);
    }

    [Fact]
    public async Task A_stream_that_is_filtered_names_in_prev_what_it_had()
    {
        await using var service = await StartAsync();
        await using var client = service.Open("user-1", "?types=job.*");
        await client.NextAsync(StreamEvents.CaughtUp);

        await service.PublishAsync([Service.Event("user-1", type: "follower.new"), Service.Event("user-1", type: "job.posted")], Cancelled);

        var notification = (await client.TakeAsync(1))[0];
        Assert.Equal((2, 0), ((int)notification.Seq, (int)notification.Prev));
    }

    [Fact]
    public async Task Over_the_users_limit_an_SDK_reads_a_problem_and_an_EventSource_a_bye()
    {
        await using var service = await StartAsync(("Belfry__Streaming__ConnectionsPerUser", "1"));
        await using var client = service.Open("user-1");
        await client.NextAsync(StreamEvents.CaughtUp);

        using var sdk = await GetAsync(service, "user-1", ("X-Belfry-Client", "tests/1"));
        using var plain = await GetAsync(service, "user-1");

        Assert.Equal(HttpStatusCode.TooManyRequests, sdk.StatusCode);
        Assert.Equal("application/problem+json", sdk.Content.Headers.ContentType!.MediaType);
        Assert.NotNull(sdk.Headers.RetryAfter);
        Assert.Equal(HttpStatusCode.OK, plain.StatusCode);
        Assert.Contains("event: bye", await plain.Content.ReadAsStringAsync(Cancelled), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Who_comes_while_too_many_come_is_told_to_come_back()
    {
        await using var service = await StartAsync(("Belfry__Streaming__ConnectsPerSecond", "1"));
        await using var client = service.Open("user-1");
        await client.NextAsync(StreamEvents.CaughtUp);

        using var sdk = await GetAsync(service, "user-2", ("X-Belfry-Client", "tests/1"));
        using var plain = await GetAsync(service, "user-3");

        Assert.Equal(HttpStatusCode.ServiceUnavailable, sdk.StatusCode);
        Assert.NotNull(sdk.Headers.RetryAfter);
        Assert.Equal(HttpStatusCode.OK, plain.StatusCode);
        Assert.Contains("event: bye", await plain.Content.ReadAsStringAsync(Cancelled), StringComparison.Ordinal);
        // It comes back by itself, and is let in then.
        await using var patient = service.Open("user-4");
        await patient.NextAsync(StreamEvents.CaughtUp);
    }

    [Fact]
    public async Task A_stream_ends_with_its_token()
    {
        await using var service = await StartAsync();
        await using var client = new StreamClient(service.Process.Url, Service.TokenFor("user-1", TimeSpan.FromSeconds(3)), "", null, reconnect: false);

        await client.NextAsync(StreamEvents.Bye);
        await client.EndedAsync();
    }

    [Fact]
    public async Task The_headers_forbid_caching_and_buffering()
    {
        await using var service = await StartAsync();

        using var response = await GetAsync(service, "user-1");

        Assert.Equal("text/event-stream", response.Content.Headers.ContentType!.MediaType);
        Assert.Equal(["no"], response.Headers.GetValues("X-Accel-Buffering"));
        var cache = response.Headers.CacheControl!;
        Assert.True(cache is { NoCache: true, NoStore: true, NoTransform: true }, cache.ToString());
    }

    [Fact]
    public async Task A_start_that_there_is_not_is_a_problem()
    {
        await using var service = await StartAsync();

        using var response = await GetAsync(service, "user-1", query: "?since=yesterday");

        Assert.Equal(HttpStatusCode.BadRequest, response.StatusCode);
    }

    [Fact]
    public async Task A_drained_server_says_bye_and_its_clients_resume_without_a_gap()
    {
        var database = await shared.CreateDatabaseAsync(Cancelled);
        await using var service = await Service.StartAsync(database, Cancelled);
        await using var client = service.Open("user-1");
        await service.PublishAsync([Service.Event("user-1", "a")], Cancelled);
        await client.TakeAsync(1);

        var end = await service.Process.TerminateAsync(TimeSpan.FromSeconds(15), Cancelled);
        await service.Process.StartAgainAsync(ct: Cancelled);
        await service.PublishAsync([Service.Event("user-1", "b")], Cancelled);

        Assert.Equal(0, end.ExitCode);
        Assert.True(end.Duration < TimeSpan.FromSeconds(10), $"It took {end.Duration}.");
        await client.NextAsync(StreamEvents.Bye);
        Assert.Equal(["b"], (await client.TakeAsync(1)).Select(n => n.Id));
    }

    private static Task<HttpResponseMessage> GetAsync(Service service, string user, (string Name, string Value)? header = null, string query = "")
    {
        var request = new HttpRequestMessage(HttpMethod.Get, new Uri(service.Process.Url, "/v1/stream" + query));
        request.Headers.Add("Authorization", "Bearer " + Service.TokenFor(user));
        if (header is { } extra) request.Headers.Add(extra.Name, extra.Value);
        return Http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, Cancelled);
    }

    private async Task<Service> StartAsync(params (string Name, string Value)[] settings) =>
        await Service.StartAsync(await shared.CreateDatabaseAsync(Cancelled), Cancelled, settings);
}
