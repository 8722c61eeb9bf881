using Belfry.Contracts;
using Belfry.SystemTests.Mailboxes;
using Belfry.Work;
using Belfry.Work.Webhooks;
using Xunit;

namespace Belfry.SystemTests.Work.Webhooks;

/// <summary>The look through the log.</summary>
public abstract partial class WebhookContract
{
    [Fact]
    public async Task What_is_not_delivered_in_time_becomes_a_task_once()
    {
        await ScanAsync();
        var item = Events.New("ann");
        await AppendAsync(item);
        Assert.Equal(0, (await ScanAsync()).Added);

        await PassTimeAsync(After + TimeSpan.FromSeconds(1));
        var scan = await ScanAsync();
        Assert.Equal((true, 1, 1), (scan.Done, scan.Added, scan.Waiting));
        Assert.Equal(0, (await ScanAsync()).Added);

        var task = Assert.Single(await ClaimAsync(scan.Number));
        Assert.Equal(new WebhookTask("ann", 1, item.NotificationId), task);
        await PassTimeAsync(After);
        Assert.Equal(0, (await ScanAsync()).Added);
    }

    [Fact]
    public async Task What_is_delivered_expired_or_of_another_type_does_not()
    {
        await ScanAsync();
        await AppendAsync(
            Events.New("ann", type: "job.posted"),
            Events.New("ann", type: "follower.new"),
            Events.New("ann", type: "job.closed"),
            Events.New("bob", type: "exact"),
            Events.New("bob", type: "exactly"));
        await DeliverAsync("ann", 1);
        await PassTimeAsync(After + TimeSpan.FromSeconds(1));

        var scan = await ScanAsync(Look(types: ["job.*", "exact"]));

        Assert.Equal((5, 2), (scan.Rows, scan.Added));
        Assert.Equal([("ann", 3), ("bob", 1)], (await ClaimAsync(scan.Number)).Select(t => (t.UserId, t.Seq)).Order());
    }

    [Fact]
    public async Task A_new_endpoint_begins_now()
    {
        await AppendAsync(Events.New("ann"));
        await PassTimeAsync(TimeSpan.FromMinutes(1));
        await ScanAsync();
        await AppendAsync(Events.New("ann"));
        await PassTimeAsync(After + TimeSpan.FromSeconds(1));

        var scan = await ScanAsync();

        Assert.Equal(2, Assert.Single(await ClaimAsync(scan.Number)).Seq);
    }

    [Fact]
    public async Task Endpoints_look_for_themselves_and_nobody_else_claims_their_tasks()
    {
        await ScanAsync();
        await ScanAsync(Look("push"));
        await AppendAsync(Events.New("ann"));
        await PassTimeAsync(After + TimeSpan.FromSeconds(1));

        var (mail, push) = (await ScanAsync(), await ScanAsync(Look("push")));

        Assert.NotEqual(mail.Number, push.Number);
        Assert.Empty(await Tasks.ClaimAsync(new TaskClaim(["webhook:mail", "webhook:push"], 10, TimeSpan.FromSeconds(30), Guid.CreateVersion7(), GeneralFloors), Cancelled));
        Assert.Single(await ClaimAsync(mail.Number));
        Assert.Single(await ClaimAsync(push.Number, "push"));
    }

    [Fact]
    public async Task The_urgent_ones_are_claimed_first()
    {
        await ScanAsync();
        await AppendAsync(Events.New("l", priority: Priority.Low), Events.New("m"), Events.New("h", priority: Priority.High));
        await PassTimeAsync(After + TimeSpan.FromSeconds(1));

        Assert.Equal(["h", "m", "l"], (await ClaimAsync((await ScanAsync()).Number)).Select(t => t.UserId));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(7)]
    [InlineData(40)]
    public async Task Pages_miss_nothing_and_double_nothing_whatever_has_the_same_time(int rows)
    {
        await ScanAsync();
        for (var batch = 0; batch < 4; batch++)
        {
            // One batch has one time.
            await AppendAsync([.. Enumerable.Range(0, 10).Select(user => Events.New($"user-{user}"))]);
            await PassTimeAsync(TimeSpan.FromSeconds(1));
        }

        await PassTimeAsync(After);
        WebhookScan scan;
        do scan = await ScanAsync(Look(rows: rows));
        while (scan.More);

        var found = await ClaimAsync(scan.Number);
        Assert.Equal(40, found.Count);
        Assert.Equal(40, found.Distinct().Count());
    }

    [Fact]
    public async Task Without_room_nothing_is_looked_for_and_the_log_waits()
    {
        await ScanAsync();
        await AppendAsync([.. Events.Several("ann", 3)]);
        await PassTimeAsync(After + TimeSpan.FromSeconds(1));
        Assert.Equal(2, (await ScanAsync(Look(rows: 2, room: 2))).Added);

        var full = await ScanAsync(Look(rows: 2, room: 2));
        Assert.Equal((true, false, 0, 2), (full.Done, full.More, full.Added, full.Waiting));
        await DeliverAsync("ann", 3);
        Assert.Equal(2, (await ClaimAsync(full.Number)).Count);

        // The third one was delivered while it waited in the log.
        var scan = await ScanAsync(Look(rows: 2, room: 2));
        Assert.Equal((1, 0), (scan.Rows, scan.Added));
    }

    [Fact]
    public async Task What_has_been_due_for_days_is_passed_over_and_said()
    {
        await ScanAsync();
        await AppendAsync(Events.New("old"));
        await PassTimeAsync(TimeSpan.FromDays(1));
        await AppendAsync(Events.New("new"));
        await PassTimeAsync(TimeSpan.FromDays(2.5));
        await Mailboxes.OpenAsync(Cancelled);

        var scans = new List<WebhookScan>();
        do scans.Add(await ScanAsync());
        while (scans[^1].More);

        Assert.Equal("new", Assert.Single(await ClaimAsync(scans[0].Number)).UserId);
        Assert.InRange(scans[0].Skipped, TimeSpan.FromHours(11), TimeSpan.FromHours(13));
        Assert.All(scans.Skip(1), scan => Assert.Equal(TimeSpan.Zero, scan.Skipped));
    }

    [Fact]
    public async Task A_task_finds_its_notification_and_not_one_that_got_its_seq_later()
    {
        var item = Events.New("ann", payload: """{"a":1}""", traceparent: "00-1-2-03", attributes: """{"x":"y"}""");
        await AppendAsync(item);

        var found = await Webhooks.FindAsync(new WebhookTask("ann", 1, item.NotificationId), Cancelled);
        Assert.False(found.Delivered);
        Assert.Equal((item.EventId, item.Source, item.Traceparent, 1L), (found.Stored!.Content.EventId, found.Stored.Content.Source, found.Stored.Content.Traceparent, found.Stored.Seq));
        Assert.Equal(item.Payload, found.Stored.Content.Payload);
        Assert.Equal(item.Attributes, found.Stored.Content.Attributes);

        Assert.Null((await Webhooks.FindAsync(new WebhookTask("ann", 1, Guid.CreateVersion7()), Cancelled)).Stored);
        await DeliverAsync("ann", 1);
        Assert.True((await Webhooks.FindAsync(new WebhookTask("ann", 1, item.NotificationId), Cancelled)).Delivered);
    }

    [Fact]
    public async Task Tasks_of_endpoints_that_are_gone_are_found()
    {
        await ScanAsync();
        await ScanAsync(Look("push"));
        await AppendAsync([.. Events.Several("ann", 2)]);
        await PassTimeAsync(After + TimeSpan.FromSeconds(1));
        await ScanAsync();
        await ScanAsync(Look("push"));

        Assert.Equal([("push", 2L)], await Webhooks.ListStrandedAsync(["mail"], Cancelled));
    }
}
