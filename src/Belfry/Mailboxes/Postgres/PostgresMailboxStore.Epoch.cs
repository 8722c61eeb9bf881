using Npgsql;

namespace Belfry.Mailboxes.Postgres;

/// <summary>
/// The epoch and its two witnesses: the server's system identifier and its timeline. A restored backup or a promoted standby
/// has another timeline, a dump in another cluster another identifier. Each new connection of the pool is checked before it
/// is used, so nothing is ever read from or written to a history that we did not notice.
/// </summary>
internal sealed partial class PostgresMailboxStore
{
    public Task<string> RenewEpochAsync(CancellationToken ct) =>
        GuardAsync("renew the epoch", async () =>
        {
            await using var connection = await _connections.Direct.OpenConnectionAsync(ct);
            await EnterEpochAsync(connection, ct);
            await ChangeEpochAsync(connection, "it was asked for", asked: true, ct);
            return _epoch;
        });

    /// <summary>Reads the epoch, or gives the store its first one.</summary>
    private async Task EnterEpochAsync(NpgsqlConnection connection, CancellationToken ct)
    {
        await using (var insert = new NpgsqlCommand(Sql.InsertStore, connection))
        {
            insert.Parameters.Add(new NpgsqlParameter<string> { TypedValue = MailboxEpoch.NewStoreEpoch() });
            await insert.ExecuteNonQueryAsync(ct);
        }

        await CheckEpochAsync(connection, ct);
    }

    private Task CheckEpochAsync(NpgsqlConnection connection) => CheckEpochAsync(connection, CancellationToken.None);

    private async Task CheckEpochAsync(NpgsqlConnection connection, CancellationToken ct)
    {
        string epoch;
        bool sameServer, sameTimeline;
        await using (var command = new NpgsqlCommand(Sql.ReadStore, connection))
        await using (var reader = await command.ExecuteReaderAsync(ct))
        {
            if (!await reader.ReadAsync(ct)) throw new InvalidOperationException("The table belfry.store is empty.");
            epoch = reader.GetString(0);
            sameServer = reader.GetBoolean(1);
            sameTimeline = reader.GetBoolean(2);
            CheckDurability(reader.GetString(3));
        }

        if (!sameServer)
        {
            await ChangeEpochAsync(connection, "the data is in another cluster than before", asked: false, ct);
        }
        else if (!sameTimeline && !_connections.Options.SynchronousStandbys)
        {
            await ChangeEpochAsync(connection, "the server is on another timeline: it was restored, or a standby was promoted", asked: false, ct);
        }
        else if (_epoch != epoch)
        {
            Enter(epoch);
        }
    }

    /// <summary>
    /// Startup options say that acknowledged means on disk; through a pooler, or with options of the operator's own, the server's
    /// settings count.
    /// </summary>
    private static void CheckDurability(string synchronousCommit)
    {
        if (synchronousCommit == "off")
        {
            throw new NpgsqlException("synchronous_commit is off for this connection, so that what was acknowledged could be lost: ALTER ROLE … SET synchronous_commit = on.");
        }
    }

    private async Task ChangeEpochAsync(NpgsqlConnection connection, string reason, bool asked, CancellationToken ct)
    {
        await using var command = new NpgsqlCommand(Sql.RenewStore, connection);
        command.Parameters.Add(new NpgsqlParameter<string> { TypedValue = MailboxEpoch.NewStoreEpoch() });
        command.Parameters.Add(new NpgsqlParameter<string> { TypedValue = _epoch });
        command.Parameters.Add(new NpgsqlParameter<bool> { TypedValue = asked });
        var epoch = (string)(await command.ExecuteScalarAsync(ct))!;
        Log.Renewed(_log, epoch, _epoch, reason);
        Enter(epoch);
    }

    private void Enter(string epoch)
    {
        var old = Interlocked.Exchange(ref _epoch, epoch);
        if (old == epoch) return;

        Log.Entered(_log, epoch);
        if (old.Length > 0) EpochChanged?.Invoke();
    }

    private static partial class Sql
    {
        private const string SystemIdentifier = "(SELECT system_identifier::text FROM pg_control_system())";

        // The control file's timeline follows a promotion only at the next checkpoint; the WAL's name does so at once.
        private const string Timeline = "substr(pg_walfile_name(pg_current_wal_insert_lsn()), 1, 8)";

        public const string InsertStore = $"""
            INSERT INTO belfry.store (epoch, system_identifier, timeline) VALUES ($1, {SystemIdentifier}, {Timeline})
            ON CONFLICT DO NOTHING
            """;

        public const string ReadStore = $"""
            SELECT epoch, system_identifier = {SystemIdentifier}, timeline = {Timeline}, current_setting('synchronous_commit') FROM belfry.store
            """;

        // Several instances notice a restore at once: the first one renews, the others find the witnesses in place.
        public const string RenewStore = $"""
            WITH renewed AS (
                UPDATE belfry.store
                SET epoch = $1, system_identifier = {SystemIdentifier}, timeline = {Timeline}, changed_at = clock_timestamp()
                WHERE system_identifier <> {SystemIdentifier} OR timeline <> {Timeline} OR ($3 AND epoch = $2)
                RETURNING epoch)
            SELECT coalesce((SELECT epoch FROM renewed), (SELECT epoch FROM belfry.store))
            """;
    }
}
