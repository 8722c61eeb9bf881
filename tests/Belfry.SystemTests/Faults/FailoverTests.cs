using Belfry.Contracts;
using Belfry.Servers;
using Belfry.SystemTests.Running;
using Npgsql;
using Xunit;

namespace Belfry.SystemTests.Faults;

/// <summary>The primary dies in the middle of a load, and a streaming standby is promoted.</summary>
public sealed class FailoverTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task The_promoted_standby_is_found_and_nothing_acknowledged_is_lost(bool keepsEpoch)
    {
        await using var primary = await Parts.RequireOrSkipAsync(() => PostgresServer.StartAsync(ct: Cancelled));
        var database = new NpgsqlConnectionStringBuilder(await primary.CreateDatabaseAsync("belfry", Cancelled));
        await using var standby = await primary.StartStandbyAsync(Cancelled);
        // From here on a commit is answered when the standby has it on disk.
        await primary.ExecuteAsync("ALTER SYSTEM SET synchronous_standby_names = '*'", Cancelled);
        await primary.ExecuteAsync("SELECT pg_reload_conf()", Cancelled);
        var both = $"Host=127.0.0.1:{primary.Port},127.0.0.1:{standby.Port};Username={database.Username};Database={database.Database};Target Session Attributes=primary";
        await using var service = await Service.StartAsync(both, Cancelled, ("Belfry__Postgres__SynchronousStandbys", keepsEpoch ? "true" : "false"));
        var after = new NpgsqlConnectionStringBuilder(database.ConnectionString) { Port = standby.Port }.ConnectionString;
        var load = new Load(service, after, users: 20);

        var publishing = load.PublishAsync(4000, Cancelled);
        await Eventually.HoldsAsync("enough is acknowledged", () => load.Acknowledged >= 1000, Patience, Cancelled);
        await primary.KillAsync();
        await standby.ExecuteAsync("SELECT pg_promote()", Cancelled);
        await publishing;

        if (keepsEpoch)
        {
            await load.CheckAsync(4000, Cancelled);
            return;
        }

        // Another timeline may have another history: each stream is told once, and goes on.
        await using var client = service.Open("user-1", "?since=earliest");
        var first = await client.NextAsync(StreamEvents.Notification);
        Assert.Equal(1, first.Notification.Seq);
        await load.CheckAcknowledgedAsync(4000, Cancelled);
    }
}
