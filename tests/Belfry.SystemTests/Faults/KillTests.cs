using Belfry.Servers;
using Belfry.SystemTests.Running;
using Xunit;

namespace Belfry.SystemTests.Faults;

/// <summary>Kill -9 in the middle of it: acknowledged against stored against received.</summary>
public sealed class KillTests(SharedPostgres shared)
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_server_killed_in_the_middle_of_10000_events_loses_and_doubles_nothing()
    {
        var database = await shared.CreateDatabaseAsync(Cancelled);
        await using var service = await Service.StartAsync(database, Cancelled);
        var load = new Load(service, database, users: 40);

        var publishing = load.PublishAsync(10_000, Cancelled);
        foreach (var until in (int[])[2000, 5000, 8000])
        {
            await Eventually.HoldsAsync("enough is acknowledged", () => load.Acknowledged >= until, Patience, Cancelled);
            await service.Process.KillAsync();
            await service.Process.StartAgainAsync(ct: Cancelled);
        }

        await publishing;
        await load.CheckAsync(10_000, Cancelled);
    }

    [Fact]
    public async Task PostgreSQL_killed_in_the_middle_is_waited_for_and_nothing_is_lost()
    {
        await using var postgres = await Parts.RequireOrSkipAsync(() => PostgresServer.StartAsync(ct: Cancelled));
        var database = await postgres.CreateDatabaseAsync("belfry", Cancelled);
        await using var service = await Service.StartAsync(database, Cancelled);
        var load = new Load(service, database, users: 40);

        var publishing = load.PublishAsync(10_000, Cancelled);
        foreach (var until in (int[])[2000, 6000])
        {
            await Eventually.HoldsAsync("enough is acknowledged", () => load.Acknowledged >= until, Patience, Cancelled);
            await postgres.KillAsync();
            await service.Process.WaitUntilNotReadyAsync(Patience, Cancelled);
            await postgres.StartAgainAsync(Cancelled);
            await service.Process.WaitUntilAsync(BelfryProcess.Ready, Patience, Cancelled);
        }

        await publishing;
        await load.CheckAsync(10_000, Cancelled);
    }

    [Fact]
    public async Task Without_PostgreSQL_a_server_starts_is_not_ready_refuses_and_recovers()
    {
        await using var postgres = await Parts.RequireOrSkipAsync(() => PostgresServer.StartAsync(ct: Cancelled));
        var database = await postgres.CreateDatabaseAsync("belfry", Cancelled);
        await postgres.StopAsync(Cancelled);
        await using var service = await Service.StartAwayAsync(database, Cancelled, ("Belfry__Ingest__PublishTimeout", "500ms"));
        await using var client = service.Open("user-1");

        using (var refused = await service.TryPublishAsync([Service.Event("user-1")], Cancelled))
        {
            Assert.Equal(System.Net.HttpStatusCode.ServiceUnavailable, refused.StatusCode);
            Assert.NotNull(refused.Headers.RetryAfter);
        }

        await postgres.StartAgainAsync(Cancelled);
        await service.Process.WaitUntilAsync(BelfryProcess.Ready, Patience, Cancelled);
        await service.PublishAsync([Service.Event("user-1", "after")], Cancelled);

        // What was answered 503 had been withdrawn: it is not stored later.
        Assert.Equal((1, "after"), ((int)(await client.TakeAsync(1))[0].Seq, "after"));
        Assert.Equal(1, client.Connects);
    }

    [Fact]
    public async Task A_commit_whose_answer_was_lost_is_answered_as_the_first_and_streamed_once()
    {
        var server = await shared.ServerAsync();
        var database = new Npgsql.NpgsqlConnectionStringBuilder(await shared.CreateDatabaseAsync(Cancelled));
        await using var proxy = FaultProxy.Start(server.Port);
        database.Port = proxy.Port;
        await using var service = await Service.StartAsync(database.ConnectionString, Cancelled);
        await using var client = service.Open("user-1");
        await client.NextAsync(Belfry.Contracts.StreamEvents.CaughtUp);

        // The append is one statement: its completion is the commit.
        var lost = proxy.LoseAnswerAsync("lose-my-answer"u8, "SELECT 1\0"u8);
        var answer = await service.PublishAsync([Service.Event("user-1", "lose-my-answer")], Cancelled);
        await lost.WaitAsync(Patience, TimeProvider.System, Cancelled);
        await service.PublishAsync([Service.Event("user-1", "next")], Cancelled);

        Assert.Equal((1, false), ((int)answer.Accepted[0].Seq!.Value, answer.Accepted[0].Duplicate));
        Assert.Equal(["lose-my-answer", "next"], (await client.TakeAsync(2)).Select(n => n.Id));
    }
}
