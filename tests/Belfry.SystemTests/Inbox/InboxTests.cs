using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using Belfry.Contracts;
using Belfry.SystemTests.Running;
using Xunit;

namespace Belfry.SystemTests.Inbox;

/// <summary><c>/v1/inbox</c> on a running server, whatever its store; each test has a user of its own.</summary>
public abstract class InboxTests(IInboxServer server) : IDisposable
{
    private readonly string _user = $"user {Guid.CreateVersion7()}";
    private InboxClient? _client;

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    private InboxClient Client => _client ??= new InboxClient(server.Service, _user);

    public void Dispose()
    {
        _client?.Dispose();
        GC.SuppressFinalize(this);
    }

    [Fact]
    public async Task An_empty_inbox_is_an_empty_page_with_a_cursor_to_stream_from()
    {
        var page = await Client.GetPageAsync();

        Assert.Empty(InboxClient.SeqsOf(page));
        Assert.EndsWith("-0", InboxClient.CursorIn(page, "stream_cursor"), StringComparison.Ordinal);
        Assert.Equal((null, null), (InboxClient.CursorIn(page, "before"), InboxClient.CursorIn(page, "after")));
        Assert.Equal(new InboxCounts(0, 0, 0, 0), await Client.CountAsync());
    }

    [Fact]
    public async Task An_item_is_what_a_stream_has_and_what_its_user_has_done_with_it()
    {
        await PublishAsync(3);
        await Client.MarkAsync("seen", 2);
        await Client.MarkAsync("read", 3);
        await using var stream = server.Service.Open(_user, "?since=earliest");
        var first = (await stream.NextAsync(StreamEvents.Notification)).Data;

        var items = (await Client.GetPageAsync()).GetProperty("items").EnumerateArray().ToList();

        Assert.Equal(first.Replace(",\"prev\":0}", ",\"seen\":false,\"read\":false,\"archived\":false}", StringComparison.Ordinal), items[2].GetRawText());
        Assert.Equal(["True True False", "True False False", "False False False"], items.Select(i => $"{i.GetProperty("seen")} {i.GetProperty("read")} {i.GetProperty("archived")}"));
    }

    [Fact]
    public async Task Pages_go_both_ways_and_hold_each_notification_once()
    {
        await PublishAsync(10);
        await Client.MarkAsync("archive", 2, 9);

        var first = await Client.GetPageAsync("?limit=3");
        var second = await Client.GetPageAsync($"?limit=3&before={InboxClient.CursorIn(first, "before")}");
        var third = await Client.GetPageAsync($"?limit=3&before={InboxClient.CursorIn(second, "before")}");
        var back = await Client.GetPageAsync($"?limit=3&after={InboxClient.CursorIn(third, "after")}");
        var top = await Client.GetPageAsync($"?limit=3&after={InboxClient.CursorIn(back, "after")}");

        Assert.Equal([10, 8, 7], InboxClient.SeqsOf(first));
        Assert.Equal([6, 5, 4], InboxClient.SeqsOf(second));
        Assert.Equal([3, 1], InboxClient.SeqsOf(third));
        Assert.Equal([6, 5, 4], InboxClient.SeqsOf(back));
        Assert.Equal([10, 8, 7], InboxClient.SeqsOf(top));
        Assert.Equal((null, null), (InboxClient.CursorIn(third, "before"), InboxClient.CursorIn(first, "after")));
    }

    [Fact]
    public async Task Filters_show_what_they_name()
    {
        await server.Service.PublishAsync([.. Enumerable.Range(1, 12).Select(i => Service.Event(_user, type: i % 3 == 0 ? "follower.new" : "job.posted"))], Cancelled);
        await Client.MarkAsync("read", 1, 2, 12);
        await Client.MarkAsync("archive", 5, 6);
        await Client.DeleteAsync(6);
        await Client.DeleteAsync(7);

        await ShowsAsync([12, 11, 10, 9, 8, 4, 3, 2, 1]);
        await ShowsAsync([11, 10, 9, 8, 4, 3], "?filter=unread");
        await ShowsAsync([5], "?filter=archived");
        await ShowsAsync([9, 3], "?filter=unread&types=follower.*");
        await ShowsAsync([12, 9], "?types=follower.new&limit=2");
        await ShowsAsync([8, 4], "?filter=unread&limit=2&before=" + Place(await Client.GetPageAsync(), 9));
    }

    [Fact]
    public async Task Up_to_a_cursor_marks_what_was_there_and_nothing_that_comes_later()
    {
        await PublishAsync(5);
        var cursor = InboxClient.CursorIn(await Client.GetPageAsync(), "stream_cursor")!;
        await PublishAsync(2);

        Assert.Equal(new InboxMarked(5, 2, 2, 7, 1), await Client.MarkUpToAsync("read", cursor));
        Assert.Equal(new InboxMarked(0, 2, 2, 7, 1), await Client.MarkUpToAsync("read", cursor));
        Assert.Equal(new InboxMarked(2, 4, 2, 7, 2), await Client.MarkAsync("unread", 1, 2, 6, 99));
        Assert.Equal(new InboxMarked(2, 2, 0, 5, 3), await Client.MarkAsync("archive", 6, 7));
        Assert.Equal(new InboxCounts(2, 0, 5, 3), await Client.CountAsync());
    }

    [Fact]
    public async Task What_is_known_already_is_not_sent_again()
    {
        await PublishAsync(1);
        foreach (var path in (string[])["/v1/inbox", "/v1/inbox/counts"])
        {
            using var first = await Client.SendAsync(HttpMethod.Get, path);
            var tag = first.Headers.ETag!.ToString();
            using var same = await Client.SendAsync(HttpMethod.Get, path, null, ("If-None-Match", tag));
            Assert.Equal(HttpStatusCode.NotModified, same.StatusCode);
            Assert.Empty(await same.Content.ReadAsByteArrayAsync(Cancelled));

            await PublishAsync(1);
            using var grown = await Client.SendAsync(HttpMethod.Get, path, null, ("If-None-Match", tag));
            Assert.Equal(HttpStatusCode.OK, grown.StatusCode);

            await Client.MarkAsync("read", InboxClient.SeqsOf(await Client.GetPageAsync("?filter=unread"))[0]);
            using var marked = await Client.SendAsync(HttpMethod.Get, path, null, ("If-None-Match", grown.Headers.ETag!.ToString()));
            Assert.Equal(HttpStatusCode.OK, marked.StatusCode);
        }
    }

    [Theory]
    [InlineData("""{"seqs":[1,0,"2",1.5,-3]}""", ProblemTypes.InvalidField, 4)]
    [InlineData("""{"seqs":7}""", ProblemTypes.InvalidField, 0)]
    [InlineData("""{"seqs":[1],"up_to":"abc-1"}""", ProblemTypes.InvalidField, 0)]
    [InlineData("""{"up_to":"nowhere"}""", ProblemTypes.InvalidField, 0)]
    [InlineData("""{"up_to":5}""", ProblemTypes.InvalidField, 0)]
    [InlineData("{}", ProblemTypes.InvalidField, 0)]
    [InlineData("[]", ProblemTypes.Malformed, 0)]
    [InlineData("{", ProblemTypes.Malformed, 0)]
    [InlineData("", ProblemTypes.Malformed, 0)]
    public async Task A_body_that_is_none_is_refused_with_a_list_and_changes_nothing(string body, string type, int rejected)
    {
        await PublishAsync(2);

        using var answer = await Client.SendAsync(HttpMethod.Post, "/v1/inbox/read", body);

        var problem = await answer.Content.ReadFromJsonAsync<JsonElement>(Cancelled);
        Assert.Equal((400, type, rejected), ((int)answer.StatusCode, problem.GetProperty("type").GetString(), problem.GetProperty("rejected").GetArrayLength()));
        Assert.Equal(new InboxCounts(2, 2, 2, 0), await Client.CountAsync());
    }

    [Theory]
    [InlineData("GET", "/v1/inbox?limit=0", 400)]
    [InlineData("GET", "/v1/inbox?limit=101", 400)]
    [InlineData("GET", "/v1/inbox?filter=seen", 400)]
    [InlineData("GET", "/v1/inbox?before=7", 400)]
    [InlineData("GET", "/v1/inbox?before=other-7", 409)]
    [InlineData("GET", "/v1/inbox?after=other-7", 409)]
    [InlineData("DELETE", "/v1/inbox/first", 400)]
    [InlineData("DELETE", "/v1/inbox/0", 400)]
    [InlineData("PUT", "/v1/inbox/read", 405)]
    public async Task What_is_asked_for_wrongly_is_a_problem(string method, string path, int status)
    {
        using var answer = await Client.SendAsync(new HttpMethod(method), path);

        Assert.Equal((status, "application/problem+json"), ((int)answer.StatusCode, answer.Content.Headers.ContentType!.MediaType));
    }

    [Fact]
    public async Task A_cursor_of_another_history_is_a_conflict_and_too_many_seqs_are_too_large()
    {
        await PublishAsync(2);

        using var other = await Client.SendAsync(HttpMethod.Post, "/v1/inbox/read", """{"up_to":"other-2"}""");
        using var many = await Client.SendAsync(HttpMethod.Post, "/v1/inbox/read", $$"""{"seqs":[{{string.Join(',', Enumerable.Range(1, 1001))}}]}""");

        Assert.Equal((HttpStatusCode.Conflict, HttpStatusCode.RequestEntityTooLarge), (other.StatusCode, many.StatusCode));
        Assert.Equal(new InboxCounts(2, 2, 2, 0), await Client.CountAsync());
    }

    [Fact]
    public async Task Only_the_user_has_his_inbox()
    {
        await PublishAsync(2);
        using var stranger = new InboxClient(server.Service, "stranger");
        using var nobody = new HttpClient { BaseAddress = server.Service.Process.Url };

        Assert.Equal(0, (await stranger.MarkAsync("read", 1, 2)).Changed);
        Assert.Equal(new InboxCounts(2, 2, 2, 0), await Client.CountAsync());
        using var without = await nobody.GetAsync(new Uri("/v1/inbox", UriKind.Relative), Cancelled);
        Assert.Equal(HttpStatusCode.Unauthorized, without.StatusCode);
    }

    [Theory]
    [InlineData(null, 403)]
    [InlineData("https://elsewhere.example", 403)]
    [InlineData("own", 200)]
    public async Task With_the_cookie_a_change_needs_the_page_of_this_server(string? origin, int status)
    {
        await PublishAsync(1);
        using var browser = new HttpClient(new SocketsHttpHandler { UseCookies = false }) { BaseAddress = server.Service.Process.Url };
        using var request = new HttpRequestMessage(HttpMethod.Post, "/v1/inbox/read") { Content = new StringContent("""{"seqs":[1]}""") };
        request.Headers.Add("Cookie", "belfry_token=" + Service.TokenFor(_user));
        if (origin is not null) request.Headers.Add("Origin", origin == "own" ? server.Service.Process.Url.GetLeftPart(UriPartial.Authority) : origin);

        using var answer = await browser.SendAsync(request, Cancelled);

        Assert.Equal(status, (int)answer.StatusCode);
    }

    [Fact]
    public async Task A_page_and_the_stream_from_its_cursor_join_without_a_gap_or_an_overlap()
    {
        const int events = 1500;
        var writer = Task.Run(
            async () =>
            {
                for (var sent = 0; sent < events; sent += 50) await PublishAsync(50);
            },
            Cancelled);
        for (var last = -1L; last < events;)
        {
            var page = await Client.GetPageAsync("?limit=100");
            var cursor = InboxClient.CursorIn(page, "stream_cursor")!;
            last = long.Parse(cursor.Split('-')[1], System.Globalization.CultureInfo.InvariantCulture);
            var seqs = InboxClient.SeqsOf(page);
            Assert.Equal(Enumerable.Range(0, seqs.Length).Select(i => last - i), seqs);

            await using var stream = server.Service.Open(_user, cursor: cursor, reconnect: false);
            if (last < events) Assert.Equal(last + 1, (await stream.TakeAsync(1))[0].Seq);
        }

        await writer;
        Assert.Equal(events, (await Client.CountAsync()).Total);
    }

    private async Task ShowsAsync(long[] expected, string query = "") => Assert.Equal(expected, InboxClient.SeqsOf(await Client.GetPageAsync(query)));

    private async Task PublishAsync(int count) => await server.Service.PublishAsync([.. Enumerable.Range(0, count).Select(_ => Service.Event(_user))], Cancelled);

    /// <summary>The cursor of a seq, in the history of a page.</summary>
    private static string Place(JsonElement page, long seq) => $"{InboxClient.CursorIn(page, "stream_cursor")!.Split('-')[0]}-{seq}";
}

/// <summary>A server for all the tests of a class.</summary>
public interface IInboxServer
{
    internal Service Service { get; }
}

/// <summary>The inbox in PostgreSQL.</summary>
public sealed class PostgresInboxTests(PostgresInboxServer server) : InboxTests(server), IClassFixture<PostgresInboxServer>;

/// <summary>The inbox in SQLite.</summary>
public sealed class SqliteInboxTests(SqliteInboxServer server) : InboxTests(server), IClassFixture<SqliteInboxServer>;

/// <summary>With a database of its own.</summary>
public sealed class PostgresInboxServer(SharedPostgres postgres) : IInboxServer, IAsyncLifetime
{
    private Service _service = null!;

    Service IInboxServer.Service => _service;

    public async ValueTask InitializeAsync()
    {
        var ct = TestContext.Current.CancellationToken;
        _service = await Service.StartAsync(await postgres.CreateDatabaseAsync(ct), ct);
    }

    public ValueTask DisposeAsync() => _service.DisposeAsync();
}

/// <summary>With a file of its own.</summary>
public sealed class SqliteInboxServer : IInboxServer, IAsyncLifetime
{
    private Service _service = null!;

    Service IInboxServer.Service => _service;

    public async ValueTask InitializeAsync() => _service = await Service.StartAsync(postgres: null, TestContext.Current.CancellationToken);

    public ValueTask DisposeAsync() => _service.DisposeAsync();
}
