using System.Globalization;
using Belfry.Mailboxes.Postgres;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using Npgsql;

namespace Belfry.SystemTests.Mailboxes;

/// <summary>A database of its own in a test's PostgreSQL, and ways to it beside the store.</summary>
internal sealed class PostgresDatabase(string connectionString)
{
    private TimeSpan _ahead;

    public string ConnectionString { get; } = connectionString;

    public string Name { get; } = new NpgsqlConnectionStringBuilder(connectionString).Database!;

    /// <param name="connections">The most that the store opens at once.</param>
    /// <param name="pooler">The way to it through a pooler in transaction mode; null: there is none.</param>
    public PostgresMailboxStore CreateStore(int connections = 12, string? pooler = null) =>
        new(
            new PostgresConnections(
                pooler ?? ConnectionString,
                ConnectionString,
                // All test classes share one server and its connections.
                Options.Create(new PostgresOptions
                {
                    MaxPoolSize = connections,
                    MinPoolSize = 0,
                    CommandTimeout = TimeSpan.FromSeconds(60),
                    Pooler = pooler is null ? PostgresPooler.None : PostgresPooler.Transaction,
                }),
                NullLoggerFactory.Instance),
            NullLogger<PostgresMailboxStore>.Instance);

    /// <summary>Moves the one clock of everything that is stored.</summary>
    public Task PassTimeAsync(TimeSpan time, CancellationToken ct)
    {
        _ahead += time;
        return ExecuteAsync(string.Create(CultureInfo.InvariantCulture, $"""
            CREATE OR REPLACE FUNCTION belfry.now() RETURNS timestamptz LANGUAGE sql VOLATILE
            AS 'SELECT clock_timestamp() + interval ''{_ahead.TotalMilliseconds} ms'''
            """), ct);
    }

    public async Task ExecuteAsync(string sql, CancellationToken ct) => await ReadAsync<object>(sql, ct);

    public Task<long> ReadNumberAsync(string sql, CancellationToken ct) => ReadAsync<long>(sql, ct);

    public async Task<NpgsqlConnection> ConnectAsync(CancellationToken ct)
    {
        var connection = new NpgsqlConnection(new NpgsqlConnectionStringBuilder(ConnectionString) { Pooling = false }.ConnectionString);
        await connection.OpenAsync(ct);
        return connection;
    }

    private async Task<T?> ReadAsync<T>(string sql, CancellationToken ct)
    {
        await using var connection = await ConnectAsync(ct);
        await using var command = new NpgsqlCommand(sql, connection);
        return (T?)await command.ExecuteScalarAsync(ct);
    }
}
