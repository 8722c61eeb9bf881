using System.Net.Http.Json;
using System.Security.Cryptography;
using System.Text;
using Belfry.Contracts;
using Belfry.Servers;
using Belfry.SystemTests.Running;
using Npgsql;
using Xunit;

namespace Belfry.SystemTests.Work;

/// <summary>Events for later and for many, through a running server that is killed in the middle.</summary>
public sealed class DeferredEventTests(SharedPostgres shared)
{
    private const string AdminKey = "an operator of the tests";

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(90);

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task An_event_for_later_arrives_then_and_not_before(bool postgres)
    {
        await using var service = await StartAsync(postgres ? await shared.CreateDatabaseAsync(Cancelled) : null);
        await using var client = service.Open("user-1");
        await client.NextAsync(StreamEvents.CaughtUp);
        var due = TimeProvider.System.GetUtcNow() + TimeSpan.FromSeconds(2);

        var answer = await service.PublishAsync([Service.Event("user-1", "later") with { DeliverAt = due }, Service.Event("user-1", "now")], Cancelled);

        Assert.Equal((null, null, false), (answer.Accepted[0].UserId, answer.Accepted[0].Seq, answer.Accepted[0].Duplicate));
        Assert.NotNull(answer.Accepted[0].Task);
        var arrived = await client.TakeAsync(2);
        Assert.Equal(["now", "later"], arrived.Select(n => n.Id));
        Assert.True(arrived[1].ReceivedAt >= due, $"It was due at {due:O} and came at {arrived[1].ReceivedAt:O}.");
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task An_event_for_a_topic_reaches_its_members_and_nobody_else(bool postgres)
    {
        await using var service = await StartAsync(postgres ? await shared.CreateDatabaseAsync(Cancelled) : null);
        await ChangeAsync(service, "news/of the day", new TopicChange(["user-1", "user-2", "user-3"], ["user-3"]));
        await using var one = service.Open("user-1");
        await using var two = service.Open("user-2");
        await using var three = service.Open("user-3");

        var news = Service.Event("", "n-1") with { UserId = null, Topic = "news/of the day" };
        await service.PublishAsync([news], Cancelled);
        await service.PublishAsync([news, Service.Event("user-3", "own")], Cancelled);

        Assert.Equal("n-1", (await one.TakeAsync(1))[0].Id);
        Assert.Equal("n-1", (await two.TakeAsync(1))[0].Id);
        Assert.Equal("own", (await three.TakeAsync(1))[0].Id);
        Assert.Empty(one.Rest().Where(b => b.Event == StreamEvents.Notification).ToList());
    }

    [Fact]
    public async Task A_fan_out_that_is_killed_twice_reaches_everybody_once()
    {
        const int members = 20_000;
        var database = await shared.CreateDatabaseAsync(Cancelled);
        await using var service = await StartAsync(database);
        await ChangeAsync(service, "all", new TopicChange([.. Enumerable.Range(0, members).Select(n => $"user-{n}")], null));

        await service.PublishAsync([Service.Event("", "n-1") with { UserId = null, Topic = "all" }], Cancelled);
        foreach (var reached in (int[])[2000, 9000])
        {
            await StoredAsync(database, reached);
            await service.Process.KillAsync();
            await service.Process.StartAgainAsync(ct: Cancelled);
        }

        await StoredAsync(database, members);
        await Eventually.HoldsAsync("the task is done", async _ => await NumberAsync(database, "SELECT count(*) FROM belfry.tasks") == 0, Patience, Cancelled);
        Assert.Equal(members, await NumberAsync(database, "SELECT count(*) FROM belfry.notifications"));
        Assert.Equal(members, await NumberAsync(database, "SELECT count(DISTINCT user_id) FROM belfry.notifications"));
        Assert.Equal(0, await NumberAsync(database, "SELECT count(*) FROM belfry.dead_tasks"));
    }

    [Fact]
    public async Task An_instance_that_stands_still_past_its_lease_does_nothing_twice_when_it_goes_on()
    {
        const int members = 20_000, later = 300;
        var database = await shared.CreateDatabaseAsync(Cancelled);
        await using var frozen = await StartAsync(database);
        await ChangeAsync(frozen, "all", new TopicChange([.. Enumerable.Range(0, members).Select(n => $"user-{n}")], null));
        var due = TimeProvider.System.GetUtcNow() + TimeSpan.FromSeconds(1);
        await frozen.PublishAsync([.. Enumerable.Range(0, later).Select(n => Service.Event("somebody", $"later-{n}") with { DeliverAt = due })], Cancelled);
        await frozen.PublishAsync([Service.Event("", "n-1") with { UserId = null, Topic = "all" }], Cancelled);
        await StoredAsync(database, 2000);

        frozen.Process.Freeze();
        try
        {
            await using var other = await StartAsync(database);
            await StoredAsync(database, members + later);
        }
        finally
        {
            frozen.Process.Thaw();
        }

        // It is at work again, with whatever it had in hand.
        await frozen.PublishAsync([Service.Event("somebody", "last")], Cancelled);
        await Eventually.HoldsAsync("nothing is left to do", async _ => await NumberAsync(database, "SELECT count(*) FROM belfry.tasks") == 0, Patience, Cancelled);
        Assert.Equal(members + later + 1, await NumberAsync(database, "SELECT count(*) FROM belfry.notifications"));
        Assert.Equal(members + later + 1, await NumberAsync(database, "SELECT count(DISTINCT (user_id, event_id)) FROM belfry.notifications"));
        Assert.Equal(0, await NumberAsync(database, "SELECT count(*) FROM belfry.dead_tasks"));
    }

    private static Task<Service> StartAsync(string? database) => Service.StartAsync(
        database,
        Cancelled,
        ("Belfry__Auth__AdminKeys__ops", "sha256:" + Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(AdminKey)))),
        ("Belfry__Work__Lease", "2s"),
        ("Belfry__Work__ReclaimInterval", "200ms"));

    private static async Task ChangeAsync(Service service, string topic, TopicChange change)
    {
        using var http = new HttpClient { BaseAddress = service.Process.Url, Timeout = Patience };
        http.DefaultRequestHeaders.Add("X-API-Key", AdminKey);
        using var answer = await http.PostAsJsonAsync($"/v1/topics/{Uri.EscapeDataString(topic)}/members", change, ContractsJson.Default.TopicChange, Cancelled);
        Assert.True(answer.IsSuccessStatusCode, await answer.Content.ReadAsStringAsync(Cancelled));
    }

    private static Task StoredAsync(string database, int count) => Eventually.HoldsAsync(
        $"{count} are stored", async _ => await NumberAsync(database, "SELECT count(*) FROM belfry.notifications") >= count, Patience, Cancelled);

    private static async Task<long> NumberAsync(string database, string sql)
    {
        await using var source = NpgsqlDataSource.Create(database);
        await using var command = source.CreateCommand(sql);
        return (long)(await command.ExecuteScalarAsync(Cancelled))!;
    }
}
