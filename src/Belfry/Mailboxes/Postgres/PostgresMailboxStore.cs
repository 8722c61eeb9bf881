using Belfry.Mailboxes.Migrations;
using Npgsql;

namespace Belfry.Mailboxes.Postgres;

/// <summary>The mailboxes in PostgreSQL 15 or newer, in the schema <c>belfry</c>.</summary>
internal sealed partial class PostgresMailboxStore : IMailboxStore, IAsyncDisposable
{
    private readonly PostgresConnections _connections;
    private readonly NpgsqlDataSource _pool;
    private readonly WarmConnections _appends;
    private readonly WarmConnections _queries;
    private readonly ILogger<PostgresMailboxStore> _log;
    private volatile string _epoch = "";

    public PostgresMailboxStore(PostgresConnections connections, ILogger<PostgresMailboxStore> log)
    {
        _connections = connections;
        _log = log;
        _pool = connections.BuildPool(CheckEpochAsync);
        // Half of the pool at most, so that whoever asks the pool itself is served.
        var kept = Math.Max(1, connections.Options.MaxPoolSize / 4);
        _appends = new WarmConnections(_pool, kept, connections.Options.ConnectionLifetime, TimeProvider.System);
        _queries = new WarmConnections(_pool, kept, connections.Options.ConnectionLifetime, TimeProvider.System);
    }

    public string Epoch => _epoch;

    public int? MaxLanes => null;

    public event Action? EpochChanged;

    public async Task OpenAsync(CancellationToken ct) =>
        await GuardAsync("open", async () =>
        {
            await using (var connection = await _connections.Direct.OpenConnectionAsync(ct))
            {
                StoreMigrations.Run(connection, "Belfry.Mailboxes.Postgres.Migrations", schema: "belfry", _log);
                await EnterEpochAsync(connection, ct);
            }

            await EnsurePartitionsAsync(ct);
            return true;
        });

    /// <summary>On a connection that appends use: one that the server has closed is found here, and not by the next batch.</summary>
    public Task PingAsync(CancellationToken ct) =>
        GuardAsync("ping", () => _appends.UseAsync(async connection =>
        {
            await using var command = new NpgsqlCommand("SELECT 1", connection);
            return await command.ExecuteScalarAsync(ct);
        }, ct));

    public async ValueTask DisposeAsync()
    {
        await _appends.DisposeAsync();
        await _queries.DisposeAsync();
        await _pool.DisposeAsync();
        await _connections.DisposeAsync();
    }

    /// <summary>For other features' tables in the same database: one call on a connection of the pool, with the same rules as its own.</summary>
    /// <exception cref="StoreUnavailableException">The server did not answer in time.</exception>
    internal Task<T> UseAsync<T>(string what, Func<NpgsqlConnection, Task<T>> work, CancellationToken ct) =>
        GuardAsync(what, () => _queries.UseAsync(work, ct));

    /// <summary>Runs one call, again after a collision, and says "unavailable" in the store's own words.</summary>
    private async Task<T> GuardAsync<T>(string what, Func<Task<T>> call)
    {
        for (var attempt = 1; ; attempt++)
        {
            try
            {
                return await call();
            }
            catch (PostgresException e) when (PostgresErrors.IsCollision(e) && attempt < 10)
            {
                // Rolled back by the server; the other side has what it wanted by now.
            }
            catch (Exception e) when (PostgresErrors.IsUnavailable(e))
            {
                // What happened to one connection may have happened to those that rest.
                _appends.GiveBack();
                _queries.GiveBack();
                throw new StoreUnavailableException($"PostgreSQL did not complete '{what}': {e.Message}", e);
            }
        }
    }

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Information, "The store's epoch is {Epoch}")]
        public static partial void Entered(ILogger logger, string epoch);

        [LoggerMessage(2, LogLevel.Warning,
            "The store has a new epoch, {Epoch} (was {Old}): {Reason}. Every client is told that its cursor belongs to another history")]
        public static partial void Renewed(ILogger logger, string epoch, string old, string reason);

        [LoggerMessage(3, LogLevel.Information, "Partition {Name} was older than the retention time and is gone")]
        public static partial void Dropped(ILogger logger, string name);

        [LoggerMessage(4, LogLevel.Warning, "Partition {Name} could not be removed yet, and will be tried again: {Reason}")]
        public static partial void DropDelayed(ILogger logger, string name, string reason);
    }
}
