using System.Net;
using System.Text.Json;
using Belfry.Contracts;
using Belfry.SystemTests.Running;
using Xunit;

namespace Belfry.SystemTests.Inbox;

/// <summary>Users who ask what is kept of them, or to be forgotten.</summary>
public sealed class ErasureTests(SharedPostgres shared)
{
    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task An_erased_users_streams_are_told_of_another_history_and_go_on(bool postgres)
    {
        await using var service = await InboxServers.StartAsync(postgres ? await shared.CreateDatabaseAsync(Cancelled) : null);
        await service.PublishAsync([.. Enumerable.Range(0, 5).Select(i => Service.Event("user-1", $"e-{i}")), Service.Event("user-2")], Cancelled);
        await service.PublishAsync([Service.Event("user-1") with { DeliverAt = TimeProvider.System.GetUtcNow().AddDays(1) }], Cancelled);
        using var client = new InboxClient(service, "user-1");
        await client.MarkAsync("read", 1, 2);
        await using var stream = await InboxServers.OpenAsync(service, "user-1");
        var before = stream.Cursor!;
        using var operators = Operators(service);

        var erased = await EraseAsync(operators, "user-1");
        var again = await EraseAsync(operators, "user-1");

        Assert.Equal(new UserErased(5, 1, 0, 0), erased);
        Assert.Equal(new UserErased(0, 0, 0, 0), again);
        var reset = (await stream.NextAsync(StreamEvents.Reset)).Reset;
        Assert.Equal(ResetReasons.Epoch, reset.Reason);
        Assert.Equal(before.Split('-')[0] + ".1-0", reset.Cursor);
        Assert.Equal(new Counts(0, 0, 0), (await stream.NextAsync(StreamEvents.CaughtUp)).CaughtUp.Counts);
        Assert.Equal(new InboxCounts(0, 0, 0, 0), await client.CountAsync());

        // The same event is a new one now.
        await service.PublishAsync([Service.Event("user-1", "e-0")], Cancelled);
        Assert.Equal((1, 0), (await stream.NextAsync(StreamEvents.Notification)).Notification is var n ? (n.Seq, n.Prev) : default);
        Assert.Equal(1, (await client.MarkAsync("read", 1)).StateVersion);
        await stream.NextAsync(StreamEvents.State);
        await using var late = service.Open("user-1", cursor: before);
        Assert.Equal(ResetReasons.Epoch, (await late.NextAsync(StreamEvents.Reset)).Reset.Reason);
        Assert.Equal(1, (await late.TakeAsync(1))[0].Seq);
    }

    [Fact]
    public async Task An_erasure_on_one_instance_reaches_the_streams_of_another()
    {
        var database = await shared.CreateDatabaseAsync(Cancelled);
        await using var a = await InboxServers.StartAsync(database);
        await using var b = await InboxServers.StartAsync(database);
        await using var deaf = await InboxServers.StartAsync(database, ("Belfry__Cluster__Channel", "nowhere"));
        foreach (var service in (Service[])[a, b, deaf]) await InboxServers.SeesOthersAsync(service, 3);
        await a.PublishAsync([Service.Event("user-1")], Cancelled);
        await using var atB = await InboxServers.OpenAsync(b, "user-1");
        await using var atDeaf = await InboxServers.OpenAsync(deaf, "user-1");
        using var operators = Operators(a);

        await EraseAsync(operators, "user-1");
        await a.PublishAsync([Service.Event("user-1", "new")], Cancelled);

        foreach (var stream in (StreamClient[])[atB, atDeaf])
        {
            Assert.Equal(ResetReasons.Epoch, (await stream.NextAsync(StreamEvents.Reset)).Reset.Reason);
            Assert.Equal("new", (await stream.NextAsync(StreamEvents.Notification)).Notification.Id);
        }
    }

    [Fact]
    public async Task An_export_has_all_of_it_and_is_for_operators_only()
    {
        await using var service = await InboxServers.StartAsync(await shared.CreateDatabaseAsync(Cancelled));
        await service.PublishAsync([.. Enumerable.Range(0, 600).Select(_ => Service.Event("user/1")), Service.Event("user-2")], Cancelled);
        using var client = new InboxClient(service, "user/1");
        await client.MarkAsync("read", 2);
        await client.DeleteAsync(600);
        using var operators = Operators(service);

        var lines = (await operators.GetStringAsync(new Uri("/v1/users/user%2F1/export", UriKind.Relative), Cancelled)).Split('\n', StringSplitOptions.RemoveEmptyEntries);
        using var asUser = await client.SendAsync(HttpMethod.Get, "/v1/users/user%2F1/export");
        using var deletes = await client.SendAsync(HttpMethod.Delete, "/v1/users/user%2F1");

        var items = lines.Select(line => JsonDocument.Parse(line).RootElement).ToList();
        Assert.Equal(Enumerable.Range(1, 600), items.Select(i => i.GetProperty("seq").GetInt32()));
        Assert.All(items, i => Assert.Equal("user/1", i.GetProperty("user_id").GetString()));
        Assert.Equal([2], items.Where(i => i.GetProperty("read").GetBoolean()).Select(i => i.GetProperty("seq").GetInt32()));
        Assert.Equal([600], items.Where(i => i.TryGetProperty("deleted", out _)).Select(i => i.GetProperty("seq").GetInt32()));
        Assert.Equal((HttpStatusCode.Unauthorized, HttpStatusCode.Unauthorized), (asUser.StatusCode, deletes.StatusCode));
    }

    private static HttpClient Operators(Service service)
    {
        var http = new HttpClient { BaseAddress = service.Process.Url, Timeout = TimeSpan.FromSeconds(30) };
        http.DefaultRequestHeaders.Add("X-API-Key", InboxServers.AdminKey);
        return http;
    }

    private static async Task<UserErased> EraseAsync(HttpClient operators, string user)
    {
        using var answer = await operators.DeleteAsync(new Uri($"/v1/users/{user}", UriKind.Relative), Cancelled);
        return JsonSerializer.Deserialize(await answer.Content.ReadAsStringAsync(Cancelled), ContractsJson.Default.UserErased)!;
    }
}
