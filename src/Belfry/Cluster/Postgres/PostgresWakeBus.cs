using Belfry.Cluster.Wakes;
using Belfry.Mailboxes;
using Belfry.Mailboxes.Postgres;
using Microsoft.Extensions.Options;
using Npgsql;

namespace Belfry.Cluster.Postgres;

/// <summary>
/// LISTEN and NOTIFY. The listener has a direct connection of its own, which no pooler may take from it, and which is always
/// read: one that is not would hold the server's queue of notifications, and vacuum with it. Sending is a transaction of its
/// own: a NOTIFY takes a lock of the whole database when it commits, which no append has to wait for.
/// </summary>
internal sealed class PostgresWakeBus(PostgresMailboxStore store, PostgresConnections connections, IOptions<ClusterOptions> options) : IWakeBus
{
    // A connection whose other end has gone without a word is noticed by the command's timeout after this.
    private static readonly TimeSpan Probe = TimeSpan.FromSeconds(5);

    private readonly string _channel = options.Value.Channel;

    public string Name => "PostgreSQL";

    public async Task SendAsync(IReadOnlyList<string> messages, CancellationToken ct)
    {
        try
        {
            await store.UseAsync("notify", async connection =>
            {
                await using var command = new NpgsqlCommand(Sql.Notify, connection);
                command.Parameters.Add(new NpgsqlParameter<string> { TypedValue = _channel });
                command.Parameters.Add(new NpgsqlParameter<string[]> { TypedValue = [.. messages] });
                return await command.ExecuteNonQueryAsync(ct);
            }, ct);
        }
        catch (StoreUnavailableException e)
        {
            throw new WakeBusException(e.Message, e);
        }
    }

    public async Task ListenAsync(Action listening, Action<string> received, CancellationToken ct)
    {
        try
        {
            await using var connection = await connections.Direct.OpenConnectionAsync(ct);
            connection.Notification += (_, notification) => received(notification.Payload);

            // The setting allows nothing but what an identifier in quotes may hold.
            await RunAsync(connection, $"LISTEN \"{_channel}\"", ct);
            listening();
            while (true)
            {
                if (!await connection.WaitAsync(Probe, ct)) await RunAsync(connection, "SELECT 1", ct);
            }
        }
        catch (Exception e) when (PostgresErrors.IsUnavailable(e))
        {
            throw new WakeBusException($"PostgreSQL's notifications: {e.Message}", e);
        }
    }

    private static async Task RunAsync(NpgsqlConnection connection, string sql, CancellationToken ct)
    {
        await using var command = new NpgsqlCommand(sql, connection);
        await command.ExecuteNonQueryAsync(ct);
    }

    private static class Sql
    {
        public const string Notify = "SELECT pg_notify($1, m) FROM unnest($2) m";
    }
}
