using Belfry.Servers;

namespace Belfry.MicroBench;

/// <summary>The PostgreSQLs that a run appends to.</summary>
internal sealed class AppendStand : IAsyncDisposable
{
    private readonly List<PostgresServer> _servers = [];
    private readonly List<PgBouncer> _poolers = [];
    private readonly List<(string Pooled, string Direct)> _databases = [];

    private AppendStand()
    {
    }

    /// <summary>A connection string for the store, and one past the pooler.</summary>
    public IReadOnlyList<(string Pooled, string Direct)> Databases => _databases;

    public bool HasPooler => _poolers.Count > 0;

    /// <summary>All that they have used of the machine; zero where they are not ours.</summary>
    public TimeSpan Cpu => _servers.Aggregate(TimeSpan.Zero, (sum, server) => sum + ProcessUsage.OfTree(server.Pid).Cpu);

    public static AppendStand Of(string connectionString)
    {
        var stand = new AppendStand();
        stand._databases.Add((connectionString, connectionString));
        return stand;
    }

    public static async Task<AppendStand> StartAsync(int servers, bool pooler, string? toast, CancellationToken ct)
    {
        var stand = new AppendStand();
        var settings = new Dictionary<string, string> { ["shared_buffers"] = "1GB", ["max_wal_size"] = "8GB" };
        if (toast is not null) settings["default_toast_compression"] = toast;
        for (var i = 0; i < servers; i++)
        {
            var server = await PostgresServer.StartAsync(settings, ct);
            stand._servers.Add(server);
            var direct = await server.CreateDatabaseAsync("append", ct);
            if (pooler) stand._poolers.Add(await PgBouncer.StartAsync(server, ct: ct));
            stand._databases.Add((pooler ? stand._poolers[^1].ConnectionStringFor(direct) : direct, direct));
        }

        return stand;
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var pooler in _poolers) await pooler.DisposeAsync();
        foreach (var server in _servers) await server.DisposeAsync();
    }
}
