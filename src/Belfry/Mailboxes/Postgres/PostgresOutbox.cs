using Belfry.Mailboxes.Lanes;
using Npgsql;

namespace Belfry.Mailboxes.Postgres;

/// <summary>
/// Reads the outbox. What has been read stays in the index as long as any transaction that is older than its end, so a reader
/// that began at the front each time would walk over all of it; this one asks for what an earlier snapshot could not see.
/// </summary>
internal sealed class PostgresOutbox(PostgresMailboxStore store)
{
    /// <summary>A snapshot that sees nothing.</summary>
    public const string Beginning = "1:1:";

    /// <summary>What the database is now: who has ended, who runs.</summary>
    /// <exception cref="StoreUnavailableException">The server did not answer in time.</exception>
    public Task<string> TakeSnapshotAsync(CancellationToken ct) =>
        store.UseAsync("take a snapshot", async connection =>
        {
            await using var command = new NpgsqlCommand(Sql.Snapshot, connection);
            return (string)(await command.ExecuteScalarAsync(ct))!;
        }, ct);

    /// <summary>
    /// Rows that <paramref name="until"/> sees and <paramref name="since"/> did not, in order. None that came later: it may have been caused by
    /// one that this pass has gone by.
    /// </summary>
    /// <param name="after">Only those behind it.</param>
    /// <exception cref="StoreUnavailableException">The server did not answer in time.</exception>
    public Task<IReadOnlyList<OutboxRow>> ReadAsync(string since, string until, OutboxKey after, int max, long maxBytes, CancellationToken ct) =>
        store.UseAsync<IReadOnlyList<OutboxRow>>("read the outbox", async connection =>
        {
            await using var command = new NpgsqlCommand(Sql.Read, connection);
            command.Parameters.Add(new NpgsqlParameter<string> { TypedValue = since });
            command.Parameters.Add(new NpgsqlParameter<string> { TypedValue = until });
            command.Parameters.Add(new NpgsqlParameter<ulong> { TypedValue = after.Transaction, NpgsqlDbType = NpgsqlTypes.NpgsqlDbType.Xid8 });
            command.Parameters.Add(new NpgsqlParameter<long> { TypedValue = after.Id });
            command.Parameters.Add(new NpgsqlParameter<int> { TypedValue = max });
            command.Parameters.Add(new NpgsqlParameter<long> { TypedValue = maxBytes });

            var page = new OutboxPage();
            var rows = new List<OutboxRow>();
            await using var reader = await command.ExecuteReaderAsync(ct);
            while (await reader.ReadAsync(ct))
            {
                rows.Add(new OutboxRow(
                    page,
                    new OutboxKey(reader.GetFieldValue<ulong>(0), reader.GetInt64(1)),
                    CreatedAt: reader.GetDateTime(2),
                    EventId: reader.GetGuid(3),
                    Event: reader.GetFieldValue<byte[]>(4)));
            }

            return rows;
        }, ct);

    private static class Sql
    {
        public const string Snapshot = "SELECT pg_current_snapshot()::text";

        // In two parts, so that each is a range of the key: who was still at it when the last pass looked, and who came later.
        public const string Read = """
            WITH s AS MATERIALIZED (SELECT $1::pg_snapshot AS since, $2::pg_snapshot AS until),
            page AS (
                (SELECT o.* FROM s, pg_snapshot_xip(s.since) AS x, belfry.outbox o
                 WHERE o.transaction_id = x AND (o.transaction_id, o.id) > ($3, $4) AND pg_visible_in_snapshot(o.transaction_id, s.until)
                 ORDER BY o.transaction_id, o.id LIMIT $5)
                UNION ALL
                (SELECT o.* FROM belfry.outbox o
                 WHERE o.transaction_id >= (SELECT pg_snapshot_xmax(since) FROM s) AND o.transaction_id < (SELECT pg_snapshot_xmax(until) FROM s)
                   AND (o.transaction_id, o.id) > ($3, $4) AND pg_visible_in_snapshot(o.transaction_id, (SELECT until FROM s))
                 ORDER BY o.transaction_id, o.id LIMIT $5)
            ), measured AS (
                SELECT *, sum(octet_length(event::text)) OVER (ORDER BY transaction_id, id) - octet_length(event::text) AS before
                FROM (SELECT * FROM page ORDER BY transaction_id, id LIMIT $5) first
            )
            SELECT transaction_id, id, created_at, event_id, convert_to(event::text, 'UTF8') FROM measured WHERE before < $6 ORDER BY transaction_id, id
            """;
    }
}
