using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using Belfry.Contracts;
using Belfry.Mailboxes;
using Belfry.Servers;
using Belfry.SystemTests.Running;
using Belfry.Work.Kinds;
using Xunit;

namespace Belfry.SystemTests.DeadLetters;

/// <summary>What operators see and do while the server runs: over the admin listener, and with commands beside it.</summary>
public sealed class OperatorTests(SharedPostgres shared)
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_record_that_was_refused_is_sent_again_and_reaches_the_open_stream(bool postgres)
    {
        await using var server = await StartAsync(postgres);
        await using var stream = server.Service.Open("user-1");
        await stream.NextAsync(StreamEvents.CaughtUp);
        await server.BuryRecordsAsync("not json", """{"event_type":"job.posted","payload":{"n":1}}""");

        var listed = await server.ListAsync();
        Assert.Equal(2, listed.Items.Count);
        using (var refused = await server.SendAsync(HttpMethod.Post, $"deadletters/{listed.Items[1].Id}/retry"))
        {
            await AssertProblemAsync(refused, HttpStatusCode.UnprocessableEntity, ProblemTypes.StillRefused, "malformed: ");
        }

        using (var done = await server.SendAsync(HttpMethod.Post, $"deadletters/{listed.Items[0].Id}/retry")) Assert.Equal(HttpStatusCode.NoContent, done.StatusCode);
        Assert.Equal("news/0/1", (await stream.TakeAsync(1))[0].Id);

        var trace = await server.TraceAsync("news", "news/0/0");
        Assert.Equal((0, listed.Items[1].Id), (trace!.Count, Assert.Single(trace.DeadRecords).Id));
        using (var dropped = await server.SendAsync(HttpMethod.Delete, $"deadletters/{listed.Items[1].Id}")) Assert.Equal(HttpStatusCode.NoContent, dropped.StatusCode);
        using (var missing = await server.SendAsync(HttpMethod.Get, $"deadletters/{listed.Items[1].Id}"))
        {
            await AssertProblemAsync(missing, HttpStatusCode.NotFound, ProblemTypes.NotFound, listed.Items[1].Id);
        }

        Assert.Empty((await server.ListAsync()).Items);
        Assert.Null(await server.TraceAsync("news", "news/0/0"));
        Assert.Equal("user-1", Assert.Single((await server.TraceAsync("news", "news/0/1"))!.Notifications).UserId);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_task_that_died_is_traced_and_retried_from_each_side(bool postgres)
    {
        await using var server = await StartAsync(postgres);
        await server.UseStoreAsync(world => world.Tasks.AddAsync(
            [
                new NewTask("user-1", ScheduledEvents.KindName, Guid.CreateVersion7(), Priority.High, RunAt: null, MaxAttempts: 1, "{}"u8.ToArray())
                {
                    EventKey = EventKey.Of("shop", "order/1"),
                },
            ],
            Cancelled));

        var first = await DeadAsync();
        Assert.Equal((1, 1), (first.Attempts, first.MaxAttempts));
        using (var retried = await server.SendAsync(HttpMethod.Post, $"deadletters/{first.DeadLetter}/retry")) Assert.Equal(HttpStatusCode.NoContent, retried.StatusCode);

        // What cannot be read dies again, as another task.
        var second = await DeadAsync(after: first);
        Assert.Equal((0, "1 done.\n"), Told(await server.RunAsync("deadletters", "retry", second.DeadLetter!)));
        var third = await DeadAsync(after: second);
        using (var many = await server.SendAsync(HttpMethod.Post, "deadletters/retry", $$"""{"ids":["{{third.DeadLetter}}","task-4711"]}"""))
        {
            var answer = (await many.Content.ReadFromJsonAsync(ContractsJson.Default.DeadLetterAnswer, Cancelled))!;
            Assert.Equal((third.DeadLetter, "task-4711", 0), (Assert.Single(answer.Done), Assert.Single(answer.Missing), answer.Refused.Count));
        }

        var last = await DeadAsync(after: third);
        using var dropped = await server.SendAsync(HttpMethod.Post, "deadletters/drop", $$"""{"ids":["{{last.DeadLetter}}"]}""");
        Assert.Equal(HttpStatusCode.OK, dropped.StatusCode);
        Assert.Null(await server.TraceAsync("shop", "order/1"));

        async Task<TracedTask> DeadAsync(TracedTask? after = null)
        {
            TracedTask? found = null;
            await Eventually.HoldsAsync(
                "the task is dead",
                async _ => (found = (await server.TraceAsync("shop", "order/1"))?.Tasks[0]) is { State: "dead" } dead && dead.Id != after?.Id,
                Patience,
                Cancelled);
            return found!;
        }
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task An_event_is_traced_from_its_publication_to_its_delivery(bool postgres)
    {
        await using var server = await StartAsync(postgres, ("Belfry__Streaming__DeliveredAfter", "1s"));
        await using var stream = server.Service.Open("user/1");
        await stream.NextAsync(StreamEvents.CaughtUp);
        var plain = Service.Event("user/1", "order/1 ä+%") with { Source = "shop/eu" };
        await server.Service.PublishAsync([plain, plain, Service.Event("user-2", "other")], Cancelled);
        await stream.TakeAsync(1);

        await Eventually.HoldsAsync(
            "it is delivered", async _ => (await server.TraceAsync("shop/eu", "order/1 ä+%"))!.Notifications[0].Delivered, Patience, Cancelled);

        var found = Assert.Single((await server.TraceAsync("shop/eu", "order/1 ä+%"))!.Notifications);
        Assert.Equal(("user/1", 1L), (found.UserId, found.Seq));
        Assert.True(found.DeliveredAt >= found.ReceivedAt);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task An_event_for_many_and_for_later_is_a_task_first_and_in_mailboxes_then(bool postgres)
    {
        await using var server = await StartAsync(postgres);
        await server.UseStoreAsync(world => world.Topics.AddMembersAsync("all", ["user-1", "user-2", "user-3"], Cancelled));
        var now = TimeProvider.System.GetUtcNow();
        var later = Service.Event("", "n-1") with { UserId = null, Topic = "all", Source = "shop", DeliverAt = now.AddHours(1) };
        await server.Service.PublishAsync([later, Service.Event("user-9", "n-2") with { Source = "shop", DeliverAt = now.AddSeconds(1) }], Cancelled);

        var waiting = (await server.TraceAsync("shop", "n-1"))!;
        Assert.Equal((0, FanOut.KindName, "scheduled"), (waiting.Count, Assert.Single(waiting.Tasks).Kind, waiting.Tasks[0].State));
        await server.Service.PublishAsync([later with { Id = "n-3", DeliverAt = null }], Cancelled);

        await Eventually.HoldsAsync("all have it", async _ => await server.TraceAsync("shop", "n-3") is { Count: 3, Tasks.Count: 0 }, Patience, Cancelled);
        await Eventually.HoldsAsync("it came", async _ => await server.TraceAsync("shop", "n-2") is { Count: 1, Tasks.Count: 0 }, Patience, Cancelled);
        var page = (await server.TraceAsync("shop", "n-3", "?limit=2"))!;
        Assert.Equal(["user-1", "user-2"], page.Notifications.Select(n => n.UserId));
        page = (await server.TraceAsync("shop", "n-3", $"?limit=2&after={Uri.EscapeDataString(page.Next!)}"))!;
        Assert.Equal(("user-3", null), (Assert.Single(page.Notifications).UserId, page.Next));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Commands_do_the_same_beside_the_server_and_without_it(bool postgres)
    {
        await using var server = await StartAsync(postgres);
        await server.BuryRecordsAsync("not json", """{"id":"e1","source":"s","event_type":"t"}""", "nor this");

        Assert.Equal(3, JsonOf(await server.RunAsync("deadletters", "--json")).GetArrayLength());
        await server.Service.Process.KillAsync();
        var ids = JsonOf(await server.RunAsync("deadletters", "list", "--json", "--kind", "record")).EnumerateArray().Select(l => l.GetProperty("id").GetString()!).ToList();
        Assert.Equal(3, ids.Count);
        Assert.Contains("not json", (await server.RunAsync("deadletters", "show", ids[2])).Output, StringComparison.Ordinal);

        var retried = await server.RunAsync("deadletters", "retry", "--all");
        Assert.Equal((1, "1 done.\n"), Told(retried));
        Assert.Contains($"{ids[2]}: still refused. malformed", retried.Errors, StringComparison.Ordinal);
        var trace = JsonOf(await server.RunAsync("trace", "s", "e1", "--json"));
        Assert.Equal("user-1", trace.GetProperty("notifications")[0].GetProperty("user_id").GetString());
        Assert.Contains("user-1", (await server.RunAsync("trace", "s", "e1")).Output, StringComparison.Ordinal);
        Assert.Equal(1, (await server.RunAsync("trace", "s", "e2")).ExitCode);

        Assert.Equal((0, "2 done.\n"), Told(await server.RunAsync("deadletters", "drop", ids[0], ids[2])));
        Assert.Equal((1, "0 done.\n"), Told(await server.RunAsync("deadletters", "drop", ids[0])));
        Assert.Equal((0, "There are no dead letters.\n"), Told(await server.RunAsync("deadletters")));
    }

    [Theory]
    [InlineData("deadletters", "retry")]
    [InlineData("deadletters", "retry", "7")]
    [InlineData("deadletters", "drop", "task-1", "--all")]
    [InlineData("deadletters", "drop", "task-1", "--kind", "task")]
    [InlineData("deadletters", "--kind", "letter")]
    [InlineData("deadletters", "--limit", "0")]
    [InlineData("deadletters", "show", "record-x")]
    [InlineData("trace", "source")]
    public async Task Wrong_usage_is_said(params string[] arguments)
    {
        var result = await BelfryCommand.RunAsync(arguments, new Dictionary<string, string>(), ct: Cancelled);

        Assert.Equal(2, result.ExitCode);
        Assert.NotEmpty(result.Errors);
    }

    [Fact]
    public async Task What_is_not_valid_is_refused()
    {
        (string Method, string Path, string? Body, string Type)[] requests =
        [
            ("GET", "deadletters/7", null, ProblemTypes.InvalidField),
            ("GET", "deadletters/task-", null, ProblemTypes.InvalidField),
            ("GET", "deadletters/task%2F1", null, ProblemTypes.InvalidField),
            ("GET", "deadletters/task-99999999999999999999", null, ProblemTypes.InvalidField),
            ("POST", "deadletters/x/retry", null, ProblemTypes.InvalidField),
            ("DELETE", "deadletters/record--1", null, ProblemTypes.InvalidField),
            ("GET", "deadletters?limit=501", null, ProblemTypes.InvalidField),
            ("GET", "deadletters?kind=letter", null, ProblemTypes.InvalidField),
            ("GET", "deadletters?before=task-1", null, ProblemTypes.InvalidField),
            ("GET", "deadletters?before=999999999999999999-task-1", null, ProblemTypes.InvalidField),
            ("POST", "deadletters/retry", """{"ids":["task-1",null]}""", ProblemTypes.InvalidField),
            ("POST", "deadletters/retry", """{"ids":[]}""", ProblemTypes.InvalidField),
            ("POST", "deadletters/drop", "{}", ProblemTypes.InvalidField),
            ("POST", "deadletters/drop", "[1]", ProblemTypes.Malformed),
            ("POST", "deadletters/drop", "", ProblemTypes.Malformed),
            ("GET", "events/s/e?limit=0", null, ProblemTypes.InvalidField),
            ("GET", "events/s/e?after=user", null, ProblemTypes.InvalidField),
            ("GET", "events/s/%07", null, ProblemTypes.InvalidField),
        ];
        await using var server = await StartAsync(postgres: false);
        foreach (var (method, path, body, type) in requests)
        {
            using var answer = await server.SendAsync(new HttpMethod(method), path, body);
            await AssertProblemAsync(answer, HttpStatusCode.BadRequest, type, "");
        }
    }

    private static (int, string) Told(CommandResult result) => (result.ExitCode, result.Output);

    private static JsonElement JsonOf(CommandResult result)
    {
        Assert.True(result.ExitCode == 0, result.Errors);
        return JsonDocument.Parse(result.Output).RootElement;
    }

    private static async Task AssertProblemAsync(HttpResponseMessage answer, HttpStatusCode status, string type, string detail)
    {
        var text = await answer.Content.ReadAsStringAsync(Cancelled);
        Assert.True(status == answer.StatusCode, $"{(int)answer.StatusCode} {text}");
        var problem = JsonSerializer.Deserialize(text, ContractsJson.Default.Problem)!;
        Assert.Equal(type, problem.Type);
        Assert.Contains(detail, problem.Detail, StringComparison.Ordinal);
    }

    private async Task<OperatedServer> StartAsync(bool postgres, params (string Name, string Value)[] settings) =>
        await OperatedServer.StartAsync(postgres ? await shared.CreateDatabaseAsync(Cancelled) : null, settings);
}
