using Belfry.SystemTests.Mailboxes;
using Npgsql;
using Xunit;

namespace Belfry.SystemTests.Work;

/// <summary>The queue beside a transaction that is held open for long: what was done cannot leave the table, and must not be visited.</summary>
public sealed class HeldTransactionTests(SharedPostgres postgres)
{
    private const int Done = 30_000;
    private const int Alive = 300;

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("SELECT count(*) FROM belfry.claim_tasks('{test}', 300, '30 s', gen_random_uuid(), '{2}', ARRAY[now() - interval '1 s'])", Alive)]
    [InlineData("SELECT count(*) FROM belfry.renew_tasks((SELECT array_agg(id) FROM mine), (SELECT array_agg(1) FROM mine), '30 s')", Alive)]
    [InlineData("SELECT count(*) FROM belfry.complete_tasks((SELECT array_agg(id) FROM mine), (SELECT array_agg(1) FROM mine))", Alive)]
    [InlineData("SELECT count(*) FROM belfry.release_tasks((SELECT array_agg(id) FROM mine), (SELECT array_agg(1) FROM mine))", Alive)]
    [InlineData("SELECT count(*) FROM belfry.fail_tasks((SELECT array_agg(id) FROM mine), (SELECT array_agg(1) FROM mine), (SELECT array_agg('x'::text) FROM mine), (SELECT array_agg(interval '1 s') FROM mine))", Alive)]
    [InlineData("SELECT 300::bigint FROM (SELECT belfry.step_tasks((SELECT array_agg(id) FROM mine), (SELECT array_agg(1) FROM mine), (SELECT array_agg('x'::text) FROM mine))) s", Alive)]
    [InlineData("SELECT count(*) FROM belfry.reclaim_tasks(1000, '1 s')", 0)]
    [InlineData("SELECT count(*) FROM belfry.add_tasks((SELECT array_agg('test'::text) FROM mine), (SELECT array_agg(task_key) FROM mine), (SELECT array_agg(2::smallint) FROM mine), (SELECT array_agg(now()) FROM mine), (SELECT array_agg(3::smallint) FROM mine), (SELECT array_agg(''::bytea) FROM mine), (SELECT array_agg(NULL::uuid) FROM mine))", Alive)]
    public async Task No_statement_walks_over_what_is_done(string statement, int found)
    {
        var database = new PostgresDatabase(await postgres.CreateDatabaseAsync(Cancelled));
        await using (var store = database.CreateStore()) await store.OpenAsync(Cancelled);
        await using var holder = await database.ConnectAsync(Cancelled);
        await RunAsync(holder, "BEGIN ISOLATION LEVEL REPEATABLE READ; SELECT count(*) FROM belfry.tasks");

        await using var connection = await database.ConnectAsync(Cancelled);
        await RunAsync(connection, AddSql(Done));
        await RunAsync(connection, "CREATE TEMP TABLE old AS SELECT id FROM belfry.claim_tasks('{test}', 1000000, '30 s', gen_random_uuid(), '{2}', '{-infinity}')");
        await RunAsync(connection, "SELECT count(*) FROM belfry.complete_tasks((SELECT array_agg(id) FROM old), (SELECT array_agg(1) FROM old))");
        // It finds nobody alive, and says so to the planner.
        await RunAsync(connection, "VACUUM ANALYZE belfry.tasks");
        await RunAsync(connection, "SELECT pg_sleep(1.1)");
        await RunAsync(connection, AddSql(Alive));
        await RunAsync(connection, "CREATE TEMP TABLE mine AS SELECT id, task_key FROM belfry.tasks");
        if (!statement.Contains("claim_tasks", StringComparison.Ordinal))
        {
            await RunAsync(connection, "SELECT count(*) FROM belfry.claim_tasks('{test}', 1000, '30 s', gen_random_uuid(), '{2}', ARRAY[now() - interval '1 s'])");
        }

        await RunAsync(connection, "BEGIN");
        var before = await ReadAsync(connection, VisitedSql);
        Assert.Equal(found, await ReadAsync(connection, statement));
        var visited = await ReadAsync(connection, VisitedSql) - before;

        Assert.True(visited < 10 * Alive, $"It has visited {visited} entries.");
    }

    // Of this transaction: entries that scans have come by, dead ones included.
    private const string VisitedSql = """
        SELECT sum(pg_stat_get_xact_tuples_returned(i.indexrelid))::bigint + pg_stat_get_xact_tuples_returned('belfry.tasks'::regclass)
        FROM pg_index i WHERE i.indrelid = 'belfry.tasks'::regclass
        """;

    private static string AddSql(int count) => $"""
        SELECT count(*) FROM belfry.add_tasks(
            array_fill('test'::text, ARRAY[{count}]), ARRAY(SELECT gen_random_uuid() FROM generate_series(1, {count})), array_fill(2::smallint, ARRAY[{count}]),
            array_fill(now(), ARRAY[{count}]), array_fill(3::smallint, ARRAY[{count}]), array_fill(''::bytea, ARRAY[{count}]), array_fill(NULL::uuid, ARRAY[{count}]))
        """;

    private static async Task RunAsync(NpgsqlConnection connection, string sql)
    {
        await using var command = new NpgsqlCommand(sql, connection);
        await command.ExecuteNonQueryAsync(Cancelled);
    }

    private static async Task<long> ReadAsync(NpgsqlConnection connection, string sql)
    {
        await using var command = new NpgsqlCommand(sql, connection);
        return (long)(await command.ExecuteScalarAsync(Cancelled))!;
    }
}
