using Belfry.Servers;
using Npgsql;
using Xunit;

namespace Belfry.SystemTests.Servers;

public sealed class PostgresServerTests(SharedPostgres shared)
{
    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_committed_row_survives_a_kill_and_a_stop()
    {
        await using var server = await Parts.RequireOrSkipAsync(() => PostgresServer.StartAsync(ct: Cancelled));
        var database = await server.CreateDatabaseAsync("survivor", Cancelled);
        await ExecuteAsync(database, "CREATE TABLE kept (n int); INSERT INTO kept VALUES (42)");

        await server.KillAsync();
        await Assert.ThrowsAnyAsync<NpgsqlException>(() => ReadAsync(database, "SELECT n FROM kept"));
        await server.StartAgainAsync(Cancelled);
        Assert.Equal(42, await ReadAsync(database, "SELECT n FROM kept"));

        await server.StopAsync(Cancelled);
        await server.StartAgainAsync(Cancelled);
        Assert.Equal(42, await ReadAsync(database, "SELECT n FROM kept"));
        Assert.Contains("database system was not properly shut down", server.ReadLog(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_server_killed_under_load_starts_again_and_leaves_no_folder_behind()
    {
        var server = await Parts.RequireOrSkipAsync(() => PostgresServer.StartAsync(ct: Cancelled));
        var folder = Path.GetDirectoryName(server.DataFolder);
        await using (server)
        {
            var sleepers = Enumerable.Range(0, 5).Select(_ => ReadAsync(server.ConnectionString, "SELECT 1 FROM pg_sleep(60)")).ToList();
            await Eventually.HoldsAsync(
                "five sessions are in the middle of a statement",
                async _ => await ReadAsync(server.ConnectionString, "SELECT count(*)::int FROM pg_stat_activity WHERE wait_event = 'PgSleep'") is 5,
                TimeSpan.FromSeconds(30),
                Cancelled);

            await server.KillAsync();
            foreach (var sleeper in sleepers) await Assert.ThrowsAnyAsync<NpgsqlException>(() => sleeper);

            await server.StartAgainAsync(Cancelled);
            Assert.Equal(1, await ReadAsync(server.ConnectionString, "SELECT 1"));
            await server.KillAsync();
        }
        Assert.False(Directory.Exists(folder));
    }

    [Fact]
    public async Task Its_settings_are_those_of_production_unless_told_otherwise()
    {
        var settings = new Dictionary<string, string> { ["max_connections"] = "33" };
        await using var server = await Parts.RequireOrSkipAsync(() => PostgresServer.StartAsync(settings, Cancelled));

        Assert.Equal("on", await ReadAsync(server.ConnectionString, "SHOW fsync"));
        Assert.Equal("on", await ReadAsync(server.ConnectionString, "SHOW synchronous_commit"));
        Assert.Equal("256MB", await ReadAsync(server.ConnectionString, "SHOW shared_buffers"));
        Assert.Equal("33", await ReadAsync(server.ConnectionString, "SHOW max_connections"));
    }

    [Fact]
    public async Task The_shared_server_gives_each_who_asks_an_empty_database_of_his_own()
    {
        var one = await shared.CreateDatabaseAsync(Cancelled);
        var other = await shared.CreateDatabaseAsync(Cancelled);
        await ExecuteAsync(one, "CREATE TABLE mine (n int)");

        Assert.NotEqual(one, other);
        Assert.Equal(false, await ReadAsync(other, "SELECT EXISTS (SELECT FROM pg_class WHERE relname = 'mine')"));
    }

    private static async Task ExecuteAsync(string connectionString, string sql)
    {
        await using var source = NpgsqlDataSource.Create(connectionString);
        await using var command = source.CreateCommand(sql);
        await command.ExecuteNonQueryAsync(Cancelled);
    }

    private static async Task<object?> ReadAsync(string connectionString, string sql)
    {
        await using var source = NpgsqlDataSource.Create(connectionString);
        await using var command = source.CreateCommand(sql);
        return await command.ExecuteScalarAsync(Cancelled);
    }
}
