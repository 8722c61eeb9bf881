using Belfry.Original.Table;
using Npgsql;

namespace Belfry.Original.ClaimCycle;

/// <summary>An empty database for one measurement, on a given server; gone when disposed.</summary>
internal sealed class CycleDatabase : IAsyncDisposable
{
    private readonly NpgsqlDataSource _server;
    private readonly string _name;

    private CycleDatabase(NpgsqlDataSource server, string name, string connectionString)
    {
        _server = server;
        _name = name;
        ConnectionString = connectionString;
        Source = TableConnections.Open(connectionString, new OriginalOptions());
        Table = new NotificationTable(Source, asPublished: false);
    }

    public string ConnectionString { get; }

    public NotificationTable Table { get; }

    private NpgsqlDataSource Source { get; }

    public static async Task<CycleDatabase> CreateAsync(string serverConnectionString, CancellationToken ct)
    {
        var server = NpgsqlDataSource.Create(serverConnectionString);
        var name = $"claim_cycle_{Guid.CreateVersion7():N}";
        await ExecuteAsync(server, $"CREATE DATABASE {name}", ct);
        var database = new CycleDatabase(server, name, new NpgsqlConnectionStringBuilder(serverConnectionString) { Database = name }.ConnectionString);
        await database.Table.CreateAsync(ct);
        return database;
    }

    /// <summary>The same start for each side.</summary>
    public async Task EmptyAsync(CancellationToken ct)
    {
        await ExecuteAsync(Source, "TRUNCATE notifications", ct);
        await ExecuteAsync(Source, "CHECKPOINT", ct);
    }

    public async Task<long> CountDeliveredAsync(CancellationToken ct)
    {
        await using var count = Source.CreateCommand("SELECT count(*) FROM notifications WHERE status = 'delivered'");
        return (long)(await count.ExecuteScalarAsync(ct))!;
    }

    public async Task<string> VersionAsync(CancellationToken ct)
    {
        await using var version = Source.CreateCommand("SELECT current_setting('server_version') || ', fsync ' || current_setting('fsync')");
        return (string)(await version.ExecuteScalarAsync(ct))!;
    }

    public async ValueTask DisposeAsync()
    {
        await Source.DisposeAsync();
        await ExecuteAsync(_server, $"DROP DATABASE {_name} WITH (FORCE)", CancellationToken.None);
        await _server.DisposeAsync();
    }

    private static async Task ExecuteAsync(NpgsqlDataSource source, string sql, CancellationToken ct)
    {
        await using var command = source.CreateCommand(sql);
        await command.ExecuteNonQueryAsync(ct);
    }
}
