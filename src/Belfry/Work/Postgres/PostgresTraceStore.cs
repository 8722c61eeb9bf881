using Belfry.Contracts;
using Belfry.Mailboxes;
using Belfry.Mailboxes.Postgres;
using Belfry.Work.Trace;
using Npgsql;

namespace Belfry.Work.Postgres;

/// <summary>Finds events in PostgreSQL, by the index that dedupe uses.</summary>
internal sealed class PostgresTraceStore(PostgresMailboxStore store) : ITraceStore
{
    public Task<TraceFinding> FindAsync(Guid key, TraceCursor? after, int max, int maxCount, CancellationToken ct) =>
        store.UseAsync("trace an event", async connection =>
        {
            var (user, seq) = after ?? TraceCursor.First;
            await using var batch = new NpgsqlBatch(connection);
            Add(batch, Sql.Count, key, maxCount);
            Add(batch, Sql.Notifications, key, user, seq, max);
            Add(batch, Sql.Tasks, key);
            await using var reader = await batch.ExecuteReaderAsync(ct);
            await reader.ReadAsync(ct);
            var count = (int)reader.GetInt64(0);

            var notifications = new List<TracedNotification>();
            await reader.NextResultAsync(ct);
            while (await reader.ReadAsync(ct)) notifications.Add(ReadNotification(reader));

            var tasks = new List<TracedTask>();
            await reader.NextResultAsync(ct);
            while (await reader.ReadAsync(ct)) tasks.Add(ReadTask(reader));
            return new TraceFinding(count, notifications, tasks);
        }, ct);

    private static void Add(NpgsqlBatch batch, string sql, params object[] values)
    {
        var command = new NpgsqlBatchCommand(sql);
        foreach (var value in values) command.Parameters.Add(new NpgsqlParameter { Value = value });
        batch.BatchCommands.Add(command);
    }

    private static TracedNotification ReadNotification(NpgsqlDataReader row) => new(
        UserId: row.GetString(0),
        Seq: row.GetInt64(1),
        NotificationId: row.GetGuid(2),
        EventType: row.GetString(3),
        Priority: (Priority)row.GetInt16(4),
        EventTimestamp: row.GetDateTime(5),
        ReceivedAt: row.GetDateTime(6),
        Delivered: row.GetBoolean(7),
        DeliveredAt: row.IsDBNull(8) ? null : row.GetDateTime(8));

    private static TracedTask ReadTask(NpgsqlDataReader row) => new(
        Id: row.GetInt64(0),
        Kind: row.GetString(1),
        State: row.GetString(2),
        Attempts: row.GetInt16(3),
        MaxAttempts: row.GetInt16(4),
        CreatedAt: row.GetDateTime(5),
        RunAt: row.IsDBNull(6) ? null : row.GetDateTime(6),
        LeaseUntil: row.IsDBNull(7) ? null : row.GetDateTime(7),
        Instance: row.IsDBNull(8) ? null : row.GetGuid(8),
        LastError: row.IsDBNull(9) ? null : row.GetString(9),
        Progress: row.IsDBNull(10) ? null : row.GetString(10),
        DiedAt: row.IsDBNull(11) ? null : row.GetDateTime(11),
        DeadLetter: row.IsDBNull(11) ? null : new DeadLetterId(DeadLetterKind.Task, row.GetInt64(0)).ToString());

    private static class Sql
    {
        public const string Count = "SELECT count(*) FROM (SELECT FROM belfry.notifications WHERE event_key = $1 LIMIT $2) n";

        // Compared and sorted as the index on (event_key, user_id) is: each partition gives its rows in order, and no more than the page.
        public const string Notifications = """
            SELECT n.user_id, n.seq, n.notification_id, n.event_type, n.priority, n.event_timestamp, n.received_at,
                   coalesce(n.seq <= c.delivered_seq, false), CASE WHEN n.seq <= c.delivered_seq THEN c.delivered_at END
            FROM (SELECT * FROM belfry.notifications
                  WHERE event_key = $1 AND user_id ~>=~ $2 AND (user_id <> $2 OR seq > $3)
                  ORDER BY user_id USING ~<~, seq LIMIT $4) n
            LEFT JOIN belfry.cursors c ON c.user_id = n.user_id
            ORDER BY n.user_id, n.seq
            """;

        public const string Tasks = """
            SELECT id, kind,
                   CASE WHEN lease_until IS NOT NULL THEN 'held' WHEN run_at > belfry.now() THEN 'scheduled' ELSE 'due' END AS state,
                   attempts, max_attempts, created_at, run_at, lease_until, instance_id, last_error, progress, NULL::timestamptz AS died_at
            FROM belfry.tasks WHERE event_key = $1
            UNION ALL
            SELECT id, kind, 'dead', attempts, max_attempts, created_at, NULL, NULL, NULL, last_error, progress, died_at
            FROM belfry.dead_tasks WHERE event_key = $1
            ORDER BY created_at, id LIMIT 100
            """;
    }
}
