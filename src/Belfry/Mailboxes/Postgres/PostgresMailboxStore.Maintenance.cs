using Npgsql;

namespace Belfry.Mailboxes.Postgres;

/// <summary>Partitions ahead, partitions that have had their time, and swept offsets.</summary>
internal sealed partial class PostgresMailboxStore
{
    private const int FloorChunk = 1000;

    // Only a number that no other program on this database is likely to lock.
    private const long MaintenanceLock = 0x62656c667279;

    public Task MaintainAsync(TimeSpan retention, CancellationToken ct) =>
        GuardAsync("maintain", async () =>
        {
            await EnsurePartitionsAsync(ct);
            await using var connection = await _connections.Direct.OpenConnectionAsync(ct);
            if (!await ScalarAsync<bool>(connection, $"SELECT pg_try_advisory_lock({MaintenanceLock})", ct)) return false;

            await ExecuteAsync(connection, Sql.SweepOffsets, ct);
            foreach (var (name, endsAt) in await ListExpiredAsync(connection, retention, ct))
            {
                await RaiseFloorsAsync(connection, name, endsAt, ct);
                await DropPartitionAsync(connection, name, ct);
            }

            return true;
        });

    /// <summary>This week's partition and the next one's.</summary>
    private async Task EnsurePartitionsAsync(CancellationToken ct)
    {
        await using var connection = await _connections.Direct.OpenConnectionAsync(ct);
        await ExecuteAsync(connection, "SELECT belfry.ensure_partition(belfry.now())", ct);
        await ExecuteAsync(connection, "SELECT belfry.ensure_partition(belfry.now() + interval '7 days')", ct);
    }

    private static async Task<List<(string Name, DateTime EndsAt)>> ListExpiredAsync(
        NpgsqlConnection connection, TimeSpan retention, CancellationToken ct)
    {
        var expired = new List<(string, DateTime)>();
        await using var command = new NpgsqlCommand(Sql.ListExpired, connection);
        command.Parameters.Add(new NpgsqlParameter<TimeSpan> { TypedValue = retention });
        await using var reader = await command.ExecuteReaderAsync(ct);
        while (await reader.ReadAsync(ct)) expired.Add((reader.GetString(0), reader.GetDateTime(1)));
        return expired;
    }

    /// <summary>
    /// Before a partition goes, its mailboxes learn that what it held is gone, and those that have nothing newer keep their
    /// last seq, which could not be found in the log any more. In chunks, so that no append waits long.
    /// </summary>
    private static async Task RaiseFloorsAsync(NpgsqlConnection connection, string partition, DateTime endsAt, CancellationToken ct)
    {
        var last = "";
        while (true)
        {
            // The name comes from the catalog's own table and was made by ensure_partition: letters, digits, underscores.
            await using var command = new NpgsqlCommand(Sql.RaiseFloors.Replace("{partition}", partition, StringComparison.Ordinal), connection);
            command.Parameters.Add(new NpgsqlParameter<string> { TypedValue = last });
            command.Parameters.Add(new NpgsqlParameter<int> { TypedValue = FloorChunk });
            command.Parameters.Add(new NpgsqlParameter<DateTime> { TypedValue = endsAt });
            if (await command.ExecuteScalarAsync(ct) is not string[] raised) return;

            // After it, and not with it: whoever counts leaves out what is below the floor, trimmed or not.
            await using var trim = new NpgsqlCommand(Sql.TrimMarks, connection);
            trim.Parameters.Add(new NpgsqlParameter<string[]> { TypedValue = raised });
            await trim.ExecuteNonQueryAsync(ct);
            last = raised[^1];
        }
    }

    /// <summary>
    /// DROP alone would queue every append behind any reader of the partition; detached concurrently first, it disturbs nobody.
    /// Whoever holds it too long makes us come back later.
    /// </summary>
    private async Task DropPartitionAsync(NpgsqlConnection connection, string name, CancellationToken ct)
    {
        try
        {
            await ExecuteAsync(connection, "SET lock_timeout = '2s'", ct);
            var state = await ScalarAsync<string>(connection, Sql.AttachState.Replace("{partition}", name, StringComparison.Ordinal), ct);
            if (state != "detached")
            {
                var how = state == "pending" ? "FINALIZE" : "CONCURRENTLY";
                await ExecuteAsync(connection, $"ALTER TABLE belfry.notifications DETACH PARTITION belfry.{name} {how}", ct);
            }

            await ExecuteAsync(connection, $"DROP TABLE IF EXISTS belfry.{name}", ct);
            await ExecuteAsync(connection, $"DELETE FROM belfry.partitions WHERE name = '{name}'", ct);
            Log.Dropped(_log, name);
        }
        catch (PostgresException e) when (e.SqlState is PostgresErrorCodes.LockNotAvailable or PostgresErrorCodes.QueryCanceled)
        {
            Log.DropDelayed(_log, name, e.MessageText);
        }
    }

    private static async Task ExecuteAsync(NpgsqlConnection connection, string sql, CancellationToken ct)
    {
        await using var command = new NpgsqlCommand(sql, connection);
        await command.ExecuteNonQueryAsync(ct);
    }

    private static async Task<T> ScalarAsync<T>(NpgsqlConnection connection, string sql, CancellationToken ct)
    {
        await using var command = new NpgsqlCommand(sql, connection);
        return (T)(await command.ExecuteScalarAsync(ct))!;
    }

    private static partial class Sql
    {
        public const string SweepOffsets = """
            DELETE FROM belfry.kafka_offsets o
            USING (SELECT partition_id, max(next_offset) AS newest FROM belfry.kafka_offsets GROUP BY partition_id) kept
            WHERE o.partition_id = kept.partition_id AND o.next_offset < kept.newest
            """;

        public const string ListExpired = "SELECT name, ends_at FROM belfry.partitions WHERE ends_at <= belfry.now() - $1 ORDER BY starts_at";

        public const string RaiseFloors = """
            WITH gone AS MATERIALIZED (
                SELECT user_id, max(seq) AS seq FROM belfry.{partition} WHERE user_id > $1 GROUP BY user_id ORDER BY user_id LIMIT $2
            ), locked AS MATERIALIZED (
                SELECT m.user_id, gone.seq FROM belfry.mailboxes m JOIN gone ON gone.user_id = m.user_id
                ORDER BY m.user_id FOR NO KEY UPDATE OF m
            ), raised AS (
                UPDATE belfry.mailboxes m
                SET floor_seq = greatest(m.floor_seq, locked.seq),
                    base_seq = CASE WHEN m.base_part < $3 THEN greatest(m.base_seq, locked.seq) ELSE m.base_seq END,
                    base_part = greatest(m.base_part, $3)
                FROM locked WHERE m.user_id = locked.user_id
            )
            SELECT array_agg(user_id ORDER BY user_id) FROM gone
            """;

        public const string TrimMarks = "SELECT belfry.trim_marks($1), belfry.trim_keys($1)";

        public const string AttachState = """
            SELECT coalesce((SELECT CASE WHEN inhdetachpending THEN 'pending' ELSE 'attached' END FROM pg_inherits
                             WHERE inhrelid = to_regclass('belfry.{partition}')), 'detached')
            """;
    }
}
