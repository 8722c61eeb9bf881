using System.Data;
using Npgsql;

namespace Belfry.Bench.Topology;

/// <summary>
/// A transaction that somebody has forgotten: it has a snapshot, so that no vacuum may remove a row that has died since. What a
/// database that rewrites rows suffers from most.
/// </summary>
internal sealed class HeldTransaction : IAsyncDisposable
{
    private const string DeadByTable = """
        SELECT relname, n_dead_tup FROM pg_stat_user_tables WHERE schemaname = 'belfry' AND n_dead_tup > 0 ORDER BY n_dead_tup DESC, relname
        """;

    private readonly NpgsqlConnection _connection;
    private readonly NpgsqlTransaction _transaction;
    private readonly long _begun = BenchClock.Micros;

    private HeldTransaction(NpgsqlConnection connection, NpgsqlTransaction transaction)
    {
        _connection = connection;
        _transaction = transaction;
    }

    public static async Task<HeldTransaction> BeginAsync(string connectionString, CancellationToken ct)
    {
        // An error of the server's limits for idle transactions would end it unnoticed.
        var settings = new NpgsqlConnectionStringBuilder(connectionString) { Pooling = false, ApplicationName = "belfry-bench-held" };
        var connection = new NpgsqlConnection(settings.ConnectionString);
        await connection.OpenAsync(ct);
        await using (var unlimited = new NpgsqlCommand("SET idle_in_transaction_session_timeout = 0", connection)) await unlimited.ExecuteNonQueryAsync(ct);
        var held = new HeldTransaction(connection, await connection.BeginTransactionAsync(IsolationLevel.RepeatableRead, ct));
        await held.ReadAsync("SELECT 'snapshot', count(*) FROM belfry.store", ct);
        return held;
    }

    /// <summary>How long it has been open, and the rows that are dead and cannot be removed, table by table.</summary>
    public async Task<string> DescribeAsync(CancellationToken ct)
    {
        await using var refresh = new NpgsqlCommand("SELECT pg_stat_clear_snapshot()", _connection);
        await refresh.ExecuteNonQueryAsync(ct);
        var dead = await ReadAsync(DeadByTable, ct);
        var tables = dead.Count == 0 ? "none" : string.Join(", ", dead.Select(table => $"{table.Name} {table.Rows:N0}"));
        return $"A transaction was held open for {BenchClock.ToSeconds(BenchClock.Micros - _begun):N0} s; rows dead at the end: {tables}.";
    }

    public async ValueTask DisposeAsync()
    {
        await _transaction.DisposeAsync();
        await _connection.DisposeAsync();
    }

    private async Task<List<(string Name, long Rows)>> ReadAsync(string sql, CancellationToken ct)
    {
        var rows = new List<(string, long)>();
        await using var command = new NpgsqlCommand(sql, _connection, _transaction);
        await using var reader = await command.ExecuteReaderAsync(ct);
        while (await reader.ReadAsync(ct)) rows.Add((reader.GetString(0), reader.GetInt64(1)));
        return rows;
    }
}
