using System.Net;
using System.Security.Cryptography;
using System.Text.Json;
using Belfry.Contracts;
using Belfry.Servers;
using Belfry.SystemTests.Running;
using Npgsql;
using Xunit;

namespace Belfry.SystemTests.Faults;

/// <summary>PostgreSQL at the end of what it can: connections, answers, disk.</summary>
public sealed class PostgresLimitsTests(SharedPostgres shared)
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Fact]
    public async Task With_the_smallest_pool_many_publishers_and_resumes_are_all_served()
    {
        var database = await shared.CreateDatabaseAsync(Cancelled);
        await using var service = await Service.StartAsync(database, Cancelled, ("Belfry__Postgres__MaxPoolSize", "4"), ("Belfry__Streaming__ConcurrentReads", "16"));
        var load = new Load(service, database, users: 100);

        await load.PublishAsync(5000, Cancelled);

        await load.CheckAsync(5000, Cancelled);
    }

    [Fact]
    public async Task When_it_stands_still_publishers_are_told_in_time_and_everything_goes_on_afterwards()
    {
        await using var postgres = await Parts.RequireOrSkipAsync(() => PostgresServer.StartAsync(ct: Cancelled));
        var database = await postgres.CreateDatabaseAsync("belfry", Cancelled);
        await using var service = await Service.StartAsync(
            database, Cancelled, ("Belfry__Postgres__CommandTimeout", "1s"), ("Belfry__Ingest__PublishTimeout", "2s"));
        await using var client = service.Open("user-1");
        await client.NextAsync(StreamEvents.CaughtUp);

        postgres.Freeze();
        using (var refused = await service.TryPublishAsync([Service.Event("user-1", "e")], Cancelled))
        {
            Assert.Equal(HttpStatusCode.ServiceUnavailable, refused.StatusCode);
            Assert.NotNull(refused.Headers.RetryAfter);
        }

        await service.Process.WaitUntilNotReadyAsync(Patience, Cancelled);
        postgres.Thaw();
        await service.Process.WaitUntilAsync(BelfryProcess.Ready, Patience, Cancelled);

        // The same event again: whether or not the first try was stored in the end, it is there once.
        await service.PublishAsync([Service.Event("user-1", "e")], Cancelled);
        await service.PublishAsync([Service.Event("user-1", "after")], Cancelled);
        Assert.Equal(["e", "after"], (await client.TakeAsync(2)).Select(n => n.Id));
        Assert.Equal(1, client.Connects);
    }

    [Fact]
    public async Task When_the_disk_is_full_nothing_acknowledged_is_lost_and_it_goes_on_when_there_is_room()
    {
        await using var disk = await SmallDisk.MountAsync(megabytes: 48);
        await using var postgres = await Parts.RequireOrSkipAsync(() => PostgresServer.StartAsync(ct: Cancelled));
        await disk.GiveToPostgresAsync(Cancelled);
        await postgres.ExecuteAsync($"CREATE TABLESPACE small LOCATION '{disk.Folder}'", Cancelled);
        var database = await postgres.CreateDatabaseAsync("belfry", Cancelled);
        await postgres.ExecuteAsync("ALTER DATABASE belfry SET default_tablespace = small", Cancelled);
        await using var service = await Service.StartAsync(database, Cancelled, ("Belfry__Ingest__PublishTimeout", "2s"));
        await using var client = service.Open("user-1", "?since=earliest");
        await client.NextAsync(StreamEvents.CaughtUp);

        // The rest of the disk is somebody else's, until it is given back.
        await disk.FillAsync(leave: 2 * 1024 * 1024, Cancelled);
        var acknowledged = new List<string>();
        HttpStatusCode last;
        do
        {
            var ids = Enumerable.Range(0, 50).Select(_ => Guid.CreateVersion7().ToString()).ToList();
            using var answer = await service.TryPublishAsync([.. ids.Select(id => Large(id))], Cancelled);
            last = answer.StatusCode;
            if (answer.IsSuccessStatusCode) acknowledged.AddRange(ids);
        }
        while (last == HttpStatusCode.Accepted);

        Assert.Equal(HttpStatusCode.ServiceUnavailable, last);
        Assert.Contains("No space left", service.Process.ReadLog(), StringComparison.Ordinal);
        disk.GiveBack();
        await service.PublishAsync([Service.Event("user-1", "after")], Cancelled);

        var received = new List<Notification>();
        while (received.LastOrDefault()?.Id != "after") received.AddRange(await client.TakeAsync(1));
        Assert.Equal(Enumerable.Range(1, received.Count).Select(n => (long)n), received.Select(n => n.Seq));
        Assert.Empty(acknowledged.Except(received.Select(n => n.Id)));
        Assert.Equal(received.Count, received.Select(n => n.Id).Distinct().Count());
    }

    [Fact]
    public async Task A_server_that_would_not_keep_what_it_acknowledges_is_not_used()
    {
        var database = await shared.CreateDatabaseAsync(Cancelled);
        var name = new NpgsqlConnectionStringBuilder(database).Database!;
        await (await shared.ServerAsync()).ExecuteAsync($"ALTER DATABASE \"{name}\" SET synchronous_commit = off", Cancelled);
        // Through a pooler nothing is said at the start of a session.
        await using var service = await Service.StartAwayAsync(database, Cancelled, ("Belfry__Postgres__Pooler", "transaction"), ("Belfry__Ingest__PublishTimeout", "1s"));

        using (var refused = await service.TryPublishAsync([Service.Event("user-1")], Cancelled)) Assert.Equal(HttpStatusCode.ServiceUnavailable, refused.StatusCode);
        await Eventually.HoldsAsync("the log says why", () => service.Process.ReadLog().Contains("synchronous_commit is off", StringComparison.Ordinal), Patience, Cancelled);

        await (await shared.ServerAsync()).ExecuteAsync($"ALTER DATABASE \"{name}\" SET synchronous_commit = on", Cancelled);
        await service.Process.WaitUntilAsync(BelfryProcess.Ready, Patience, Cancelled);
        await service.PublishAsync([Service.Event("user-1")], Cancelled);
    }

    private static PublishEvent Large(string id) =>
        Service.Event("user-1", id) with { Payload = JsonSerializer.SerializeToElement(Convert.ToBase64String(RandomNumberGenerator.GetBytes(9000))) };
}
