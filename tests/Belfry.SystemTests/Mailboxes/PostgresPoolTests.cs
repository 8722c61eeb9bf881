using Belfry.Mailboxes;
using Npgsql;
using Xunit;

namespace Belfry.SystemTests.Mailboxes;

/// <summary>The few connections of a small pool, and who waits for them.</summary>
public sealed class PostgresPoolTests(SharedPostgres shared)
{
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

    private static Task<object?> CountAsync(Belfry.Mailboxes.Postgres.PostgresMailboxStore store) => store.UseAsync("count", async connection =>
    {
        await using var command = new NpgsqlCommand("SELECT count(*) FROM belfry.tasks", connection);
        return await command.ExecuteScalarAsync(Cancelled);
    }, Cancelled);
}
