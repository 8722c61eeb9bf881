using Belfry.Mailboxes;
using Belfry.Servers;
using Npgsql;
using Xunit;

namespace Belfry.SystemTests.Mailboxes;

/// <summary>The few connections of a small pool, and who waits for them.</summary>
public sealed class PostgresPoolTests(SharedPostgres shared)
{
    private const string Waiting = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'";

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Connections_that_rest_after_a_rush_leave_the_others_for_everybody()
    {
        const int connections = 4;
        await using var store = new PostgresDatabase(await shared.CreateDatabaseAsync(Cancelled)).CreateStore(connections);
        await store.OpenAsync(Cancelled);

        await Task.WhenAll(Enumerable.Range(0, 10 * connections).Select(n => n % 2 == 0 ? store.PingAsync(Cancelled) : CountAsync(store)));
        var reads = Task.WhenAll(Enumerable.Range(0, connections).Select(_ => store.ReadHeadAsync("user-1", Cancelled)));

        await reads.WaitAsync(Patience, TimeProvider.System, Cancelled);
        await store.AppendAsync(AppendBatch.Of([Events.New("user-1", "e")]), Cancelled).WaitAsync(Patience, TimeProvider.System, Cancelled);
    }

    [Fact]
    public async Task A_server_that_goes_away_in_the_middle_of_the_migrations_is_unavailable_and_nothing_worse()
    {
        var database = new PostgresDatabase(await shared.CreateDatabaseAsync(Cancelled));
        await using (var first = database.CreateStore()) await first.OpenAsync(Cancelled);
        // Held until its session is ended, so that the migrations stand at a place that is known.
        await using var holder = await database.ConnectAsync(Cancelled);
        await using (var hold = new NpgsqlCommand("BEGIN; LOCK TABLE belfry.migrations", holder)) await hold.ExecuteNonQueryAsync(Cancelled);
        await using var store = database.CreateStore();
        var opening = Task.Run(() => store.OpenAsync(Cancelled), Cancelled);
        await Eventually.HoldsAsync("the migrations wait", async ct => await database.ReadNumberAsync(Waiting, ct) > 0, Patience, Cancelled);

        await database.ExecuteAsync("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'", Cancelled);

        await Assert.ThrowsAsync<StoreUnavailableException>(() => opening);
    }

    private static Task<object?> CountAsync(Belfry.Mailboxes.Postgres.PostgresMailboxStore store) => store.UseAsync("count", async connection =>
    {
        await using var command = new NpgsqlCommand("SELECT count(*) FROM belfry.tasks", connection);
        return await command.ExecuteScalarAsync(Cancelled);
    }, Cancelled);
}
