using System.Net;
using Belfry.Contracts;
using Belfry.Servers;
using Belfry.SystemTests.Running;
using Xunit;

namespace Belfry.SystemTests.Streams;

/// <summary>Long polling over a real socket, on PostgreSQL.</summary>
public sealed class PollTests(SharedPostgres shared)
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_client_that_polls_beside_a_writer_at_full_speed_gets_every_notification_once()
    {
        const int Events = 3000, Batch = 50;
        await using var service = await StartAsync();
        var writing = Parallel.ForEachAsync(
            Enumerable.Range(0, Events / Batch),
            new ParallelOptions { MaxDegreeOfParallelism = 4, CancellationToken = Cancelled },
            async (_, ct) => await service.PublishAsync([.. Enumerable.Range(0, Batch).Select(_ => Service.Event("user-1"))], ct));

        var seqs = new List<long>();
        var page = await service.PollAsync("user-1", "?wait=10s&since=earliest");
        while (true)
        {
            Assert.Null(page.Reset);
            seqs.AddRange(page.Items.Select(n => n.Seq));
            if (seqs.Count >= Events) break;
            page = await service.PollAsync("user-1", "?wait=10s", page.Cursor);
            Assert.NotEmpty(page.Items);
        }

        await writing;
        Assert.Equal(Enumerable.Range(1, Events).Select(i => (long)i), seqs);
        Assert.Empty((await service.PollAsync("user-1", "?wait=1s", page.Cursor)).Items);
    }

    [Fact]
    public async Task An_empty_answer_has_the_cursor_to_come_back_with()
    {
        await using var service = await StartAsync();
        await service.PublishAsync([Service.Event("user-1")], Cancelled);

        var page = await service.PollAsync("user-1", "?wait=1s&since=latest");

        Assert.Empty(page.Items);
        Assert.EndsWith("-1", page.Cursor, StringComparison.Ordinal);
        Assert.Equal(new Counts(1, 1, 1), page.Counts);
    }

    [Fact]
    public async Task The_cursor_may_stand_in_the_address_and_one_of_another_history_is_told()
    {
        await using var service = await StartAsync();
        await service.PublishAsync([Service.Event("user-1", "a"), Service.Event("user-1", "b")], Cancelled);
        var first = await service.PollAsync("user-1", "?wait=10s&since=earliest");
        var epoch = first.Cursor.Split('-')[0];

        var second = await service.PollAsync("user-1", $"?wait=10s&last_event_id={epoch}-1");
        var other = await service.PollAsync("user-1", "?wait=10s&last_event_id=other-1");

        Assert.Equal(["b"], second.Items.Select(n => n.Id));
        Assert.Equal(ResetReasons.Epoch, other.Reset!.Reason);
        Assert.Equal(["a", "b"], other.Items.Select(n => n.Id));
    }

    [Fact]
    public async Task Who_comes_back_with_the_cursor_has_it_delivered()
    {
        await using var service = await StartAsync();
        await service.PublishAsync([Service.Event("user-1", "a")], Cancelled);
        var page = await service.PollAsync("user-1", "?wait=10s");

        await service.PollAsync("user-1", "?wait=2s", page.Cursor);
        await service.PublishAsync([Service.Event("user-1", "b")], Cancelled);

        // Undelivered is the default.
        await Eventually.HoldsAsync(
            "what was acknowledged is left out",
            async _ => (await service.PollAsync("user-1", "?wait=10s")).Items.Select(n => n.Id).SequenceEqual(["b"]),
            Patience, Cancelled);
    }

    [Theory]
    [InlineData("?wait=0s")]
    [InlineData("?wait=61s")]
    [InlineData("?wait=soon")]
    [InlineData("?wait=25s&since=yesterday")]
    [InlineData("?wait=25s", "text/event-stream")]
    [InlineData("?wait=25s", "application/x-ndjson")]
    public async Task What_cannot_be_waited_for_is_a_problem(string query, string accept = "*/*")
    {
        await using var service = await StartAsync();

        using var answer = await service.GetStreamAsync("user-1", query, ("Accept", accept));

        Assert.Equal(HttpStatusCode.BadRequest, answer.StatusCode);
        Assert.Equal("application/problem+json", answer.Content.Headers.ContentType!.MediaType);
    }

    [Fact]
    public async Task A_poll_is_one_of_the_users_connections()
    {
        await using var service = await StartAsync(("Belfry__Streaming__ConnectionsPerUser", "1"));
        await using (var client = service.Open("user-1", reconnect: false))
        {
            await client.NextAsync(StreamEvents.CaughtUp);
            using var refused = await service.GetStreamAsync("user-1", "?wait=5s");
            Assert.Equal(HttpStatusCode.TooManyRequests, refused.StatusCode);
            Assert.NotNull(refused.Headers.RetryAfter);
        }

        // A poll that has been answered holds no place.
        for (var i = 0; i < 3; i++) await service.PollAsync("user-2", "?wait=1s");
    }

    [Fact]
    public async Task A_server_that_goes_away_answers_who_waits()
    {
        await using var service = await StartAsync();
        var waiting = service.PollAsync("user-1", "?wait=60s");
        using var http = new HttpClient();
        await Eventually.HoldsAsync(
            "the poll is one of the user's streams",
            async ct => (await http.GetStringAsync(new Uri(service.Process.AdminUrl, "/v1/admin/presence/user-1"), ct)).Contains("\"connected\":true", StringComparison.Ordinal),
            Patience, Cancelled);

        var end = await service.Process.TerminateAsync(TimeSpan.FromSeconds(15), Cancelled);

        Assert.Equal(0, end.ExitCode);
        Assert.Empty((await waiting).Items);
    }

    private async Task<Service> StartAsync(params (string Name, string Value)[] settings) =>
        await Service.StartAsync(await shared.CreateDatabaseAsync(Cancelled), Cancelled, settings);
}
