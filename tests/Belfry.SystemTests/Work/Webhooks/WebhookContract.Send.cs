using Belfry.Servers;
using Belfry.SystemTests.Ingest;
using Belfry.SystemTests.Mailboxes;
using Belfry.Work;
using Belfry.Work.Webhooks;
using Microsoft.AspNetCore.Http;
using Xunit;

namespace Belfry.SystemTests.Work.Webhooks;

/// <summary>From the log to a real endpoint.</summary>
public abstract partial class WebhookContract
{
    private const string Secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSwMfKQ9r8GKYo=";
    private const string OldSecret = "whsec_b2xkIGFuZCBzdGlsbCBnb29kIGZvciBhIHdoaWxl";

    private static readonly TimeSpan Soon = TimeSpan.FromSeconds(60);

    private readonly TestLog _log = new();

    [Fact]
    public async Task A_message_is_signed_and_holds_the_notification()
    {
        await using var receiver = await Receiver.StartAsync(Cancelled);
        await using var world = await StartAsync(("mail", Options(receiver, previous: OldSecret)));
        var item = Events.New("ann \"ü\"", payload: "{\"a\":\n\"<&>\"}", type: "job.posted");
        await AppendAsync(item);
        await PassTimeAsync(After + TimeSpan.FromSeconds(1));
        await receiver.HasAsync(1, Cancelled);
        await AreDoneAsync();

        var got = Assert.Single(receiver.All);
        Assert.Equal(("POST /hooks?from=belfry", item.NotificationId.ToString(), "application/json"), (got.Line, got.Id, got.ContentType));
        Assert.True(got.IsSignedWith(Secret));
        Assert.True(got.IsSignedWith(OldSecret));
        Assert.Equal(2, got.Signature.Split(' ').Length);
        var sent = DateTimeOffset.FromUnixTimeSeconds(long.Parse(got.Timestamp, System.Globalization.CultureInfo.InvariantCulture));
        Assert.InRange(TimeProvider.System.GetUtcNow() - sent, TimeSpan.FromSeconds(-1), Soon);

        var data = got.Json.GetProperty("data");
        Assert.Equal("job.posted", got.Json.GetProperty("type").GetString());
        Assert.Equal(data.GetProperty("received_at").GetString(), got.Json.GetProperty("timestamp").GetString());
        Assert.Equal(
            ("ann \"ü\"", 1, item.NotificationId.ToString(), item.Source, item.EventId, "job.posted", "MEDIUM", "2026-11-22T10:00:00Z", "<&>"),
            (Text("user_id"), data.GetProperty("seq").GetInt32(), Text("notification_id"), Text("source"), Text("id"), Text("event_type"), Text("priority"),
                Text("event_timestamp"), data.GetProperty("payload").GetProperty("a").GetString()));
        string? Text(string name) => data.GetProperty(name).GetString();
    }

    [Fact]
    public async Task What_is_refused_is_sent_again_with_the_same_id_and_why_is_kept_but_not_logged()
    {
        await using var receiver = await Receiver.StartAsync(Cancelled);
        receiver.Answer = async (_, context) =>
        {
            context.Response.StatusCode = receiver.All.Count < 3 ? StatusCodes.Status500InternalServerError : StatusCodes.Status200OK;
            await context.Response.WriteAsync("You said: a secret of ann");
        };
        await using var world = await StartAsync(("mail", Options(receiver)));
        await AppendAsync(Events.New("ann"));
        await PassTimeAsync(After + TimeSpan.FromSeconds(1));
        for (var attempts = 1; attempts < 3; attempts++)
        {
            await receiver.HasAsync(attempts, Cancelled);
            await Eventually.HoldsAsync("it waits for its next attempt", async ct => (await Tasks.CountAsync(ct)).Scheduled == 1, Soon, Cancelled);
            await PassTimeAsync(TimeSpan.FromMinutes(1));
        }

        await receiver.HasAsync(3, Cancelled);
        await AreDoneAsync();

        Assert.Single(receiver.All.Select(r => r.Id).Distinct());
        Assert.All(receiver.All, r => Assert.True(r.IsSignedWith(Secret)));
        Assert.Contains(_log.Lines, line => line.Contains("HTTP 500", StringComparison.Ordinal));
        Assert.DoesNotContain(_log.Lines, line => line.Contains("a secret of ann", StringComparison.Ordinal) || line.Contains("whsec_", StringComparison.Ordinal));
    }

    [Fact]
    public async Task What_is_delivered_between_the_look_and_the_attempt_is_not_sent()
    {
        await ScanAsync();
        await AppendAsync([.. Events.Several("ann", 1), .. Events.Several("bob", 1)]);
        await PassTimeAsync(After + TimeSpan.FromSeconds(1));
        Assert.Equal(2, (await ScanAsync()).Added);
        await DeliverAsync("ann", 1);

        await using var receiver = await Receiver.StartAsync(Cancelled);
        await using var world = await StartAsync(("mail", Options(receiver)));
        await AreDoneAsync();

        Assert.Equal("bob", Assert.Single(receiver.All).UserId);
    }

    [Fact]
    public async Task Who_is_connected_has_a_moment_to_be_seen_to_have_had_it()
    {
        await using var receiver = await Receiver.StartAsync(Cancelled);
        await using var world = await StartAsync(("mail", Options(receiver)));
        world.Connected["ann"] = true;
        await AppendAsync([.. Events.Several("ann", 1), .. Events.Several("bob", 1)]);
        await PassTimeAsync(After + TimeSpan.FromSeconds(1));
        await receiver.HasAsync(1, Cancelled);
        await Eventually.HoldsAsync("ann's waits", async ct => (await Tasks.CountAsync(ct)).Scheduled == 1, Soon, Cancelled);

        await DeliverAsync("ann", 1);
        await PassTimeAsync(TimeSpan.FromMinutes(1));
        await AreDoneAsync();

        Assert.Equal("bob", Assert.Single(receiver.All).UserId);
    }

    [Fact]
    public async Task An_endpoint_that_hangs_delays_no_other()
    {
        await using var hanging = await Receiver.StartAsync(Cancelled);
        hanging.Answer = (_, context) => Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, context.RequestAborted);
        await using var healthy = await Receiver.StartAsync(Cancelled);
        await using var world = await StartAsync(("hanging", Options(hanging, timeout: TimeSpan.FromSeconds(30))), ("healthy", Options(healthy)));
        await AppendAsync([.. Enumerable.Range(0, 200).Select(n => Events.New($"user-{n}"))]);
        await PassTimeAsync(After + TimeSpan.FromSeconds(1));

        var began = TimeProvider.System.GetTimestamp();
        await healthy.HasAsync(200, Cancelled);
        await hanging.HasAsync(4, Cancelled);

        // Far less than one of the other's requests takes.
        Assert.InRange(TimeProvider.System.GetElapsedTime(began), TimeSpan.Zero, TimeSpan.FromSeconds(15));
        Assert.Equal(4, hanging.All.Count);
        Assert.Equal(200, healthy.All.Select(r => r.Id).Distinct().Count());
    }

    [Fact]
    public async Task An_endpoint_that_fails_is_left_alone_and_no_attempts_are_counted_meanwhile()
    {
        await using var receiver = await Receiver.StartAsync(Cancelled);
        receiver.Answer = (_, context) =>
        {
            context.Response.StatusCode = StatusCodes.Status503ServiceUnavailable;
            return Task.CompletedTask;
        };
        await using var world = await StartAsync(("mail", Options(receiver, concurrency: 1)));
        await AppendAsync([.. Enumerable.Range(0, 50).Select(n => Events.New($"user-{n}"))]);
        await PassTimeAsync(After + TimeSpan.FromSeconds(1));
        await Eventually.HoldsAsync("it pauses", () => _log.Lines.Any(l => l.Contains("left alone", StringComparison.Ordinal)), Soon, Cancelled);
        await Eventually.HoldsAsync("nothing runs", async ct => (await Tasks.CountAsync(ct)).Held == 0, Soon, Cancelled);

        Assert.Equal(5, receiver.All.Count);
        Assert.Equal(new TaskCounts(Scheduled: 5, Due: 45, Held: 0, Dead: 0), await Tasks.CountAsync(Cancelled));

        // Then one is tried, and with it all go on.
        receiver.Answer = (_, _) => Task.CompletedTask;
        await PassTimeAsync(TimeSpan.FromMinutes(1));
        await receiver.HasAsync(55, Cancelled);
        await AreDoneAsync();
        Assert.Contains(_log.Lines, line => line.Contains("takes messages again", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_private_address_is_refused_unless_it_is_allowed()
    {
        await using var receiver = await Receiver.StartAsync(Cancelled);
        var options = Options(receiver);
        options.AllowPrivate = false;
        await using var world = await StartAsync(("mail", options));
        await AppendAsync(Events.New("ann"));
        await PassTimeAsync(After + TimeSpan.FromSeconds(1));

        await Eventually.HoldsAsync("it has failed", async ct => (await Tasks.CountAsync(ct)).Scheduled == 1, Soon, Cancelled);

        Assert.Empty(receiver.All);
        Assert.Contains(_log.Lines, line => line.Contains("leads only to addresses of this machine or of a private network", StringComparison.Ordinal));
    }

    [Fact]
    public async Task An_endpoint_that_asks_for_time_is_given_it()
    {
        await using var receiver = await Receiver.StartAsync(Cancelled);
        receiver.Answer = (_, context) =>
        {
            context.Response.StatusCode = StatusCodes.Status429TooManyRequests;
            context.Response.Headers.RetryAfter = "100";
            return Task.CompletedTask;
        };
        await using var world = await StartAsync(("mail", Options(receiver, concurrency: 1)));
        await AppendAsync([.. Events.Several("ann", 3)]);
        await PassTimeAsync(After + TimeSpan.FromSeconds(1));

        await Eventually.HoldsAsync("it has failed", async ct => await Tasks.CountAsync(ct) == new TaskCounts(Scheduled: 1, Due: 2, Held: 0, Dead: 0), Soon, Cancelled);
        await PassTimeAsync(TimeSpan.FromSeconds(90));

        Assert.Single(receiver.All);
        Assert.Equal(1, (await Tasks.CountAsync(Cancelled)).Scheduled);
        Assert.Contains(_log.Lines, line => line.Contains("left alone for 00:01:40", StringComparison.Ordinal));
    }

    [Fact]
    public async Task An_answer_that_does_not_come_in_time_is_none()
    {
        await using var receiver = await Receiver.StartAsync(Cancelled);
        receiver.Answer = (_, context) => Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, context.RequestAborted);
        await using var world = await StartAsync(("mail", Options(receiver, timeout: TimeSpan.FromSeconds(0.2))));
        await AppendAsync(Events.New("ann"));
        await PassTimeAsync(After + TimeSpan.FromSeconds(1));

        await Eventually.HoldsAsync("it has failed", async ct => (await Tasks.CountAsync(ct)).Scheduled == 1, Soon, Cancelled);

        Assert.Contains(_log.Lines, line => line.Contains("no answer within 0.2 s", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_redirect_is_not_followed()
    {
        await using var elsewhere = await Receiver.StartAsync(Cancelled);
        await using var receiver = await Receiver.StartAsync(Cancelled);
        receiver.Answer = (_, context) =>
        {
            context.Response.Redirect(elsewhere.Url.ToString(), permanent: false, preserveMethod: true);
            return Task.CompletedTask;
        };
        await using var world = await StartAsync(("mail", Options(receiver)));
        await AppendAsync(Events.New("ann"));
        await PassTimeAsync(After + TimeSpan.FromSeconds(1));

        await Eventually.HoldsAsync("it has failed", async ct => (await Tasks.CountAsync(ct)).Scheduled == 1, Soon, Cancelled);

        Assert.Single(receiver.All);
        Assert.Empty(elsewhere.All);
    }

    /// <summary>Entered first, so that what a test stores next is after their beginning.</summary>
    private async Task<WebhookWorld> StartAsync(params (string Name, WebhookOptions Options)[] endpoints)
    {
        foreach (var (name, _) in endpoints) await ScanAsync(Look(name));
        return await WebhookWorld.StartAsync(Mailboxes, Tasks, Webhooks, _log, Cancelled, endpoints);
    }

    private static WebhookOptions Options(Receiver receiver, string? previous = null, TimeSpan? timeout = null, int concurrency = 4) => new()
    {
        Url = receiver.Url.ToString(),
        Secret = Secret,
        PreviousSecret = previous,
        // The look comes once a second.
        After = TimeSpan.FromSeconds(30),
        Timeout = timeout ?? TimeSpan.FromSeconds(10),
        Concurrency = concurrency,
        AllowPrivate = true,
    };

    private Task AreDoneAsync() => Eventually.HoldsAsync("all is done", async ct => await Tasks.CountAsync(ct) == default, Soon, Cancelled);
}
