using Belfry.Contracts;
using Belfry.Mailboxes;
using Belfry.Mailboxes.Sqlite;
using Belfry.Work.Trace;

namespace Belfry.Work.Sqlite;

/// <summary>Finds events in the file of the mailboxes, by the index that dedupe uses.</summary>
internal sealed class SqliteTraceStore(SqliteMailboxStore store) : ITraceStore
{
    public Task<TraceFinding> FindAsync(Guid key, TraceCursor? after, int max, int maxCount, CancellationToken ct) =>
        store.ReadAsync("trace an event", session =>
        {
            var (user, seq) = after ?? TraceCursor.First;
            int count;
            using (var row = session.Prepare(Sql.Count).Bind(key).Bind(maxCount))
            {
                row.Step();
                count = row.Int32(0);
            }

            var notifications = new List<TracedNotification>();
            using (var rows = session.Prepare(Sql.Notifications).Bind(key).Bind(user).Bind(seq).Bind(max))
            {
                while (rows.Step()) notifications.Add(ReadNotification(rows));
            }

            var tasks = new List<TracedTask>();
            using (var rows = session.Prepare(Sql.Tasks).Bind(key).Bind(store.Now))
            {
                while (rows.Step()) tasks.Add(ReadTask(rows));
            }

            return new TraceFinding(count, notifications, tasks);
        }, ct);

    private static TracedNotification ReadNotification(SqliteStatement row) => new(
        UserId: row.Text(0),
        Seq: row.Int64(1),
        NotificationId: row.Guid(2),
        EventType: row.Text(3),
        Priority: (Priority)row.Int32(4),
        EventTimestamp: row.Time(5),
        ReceivedAt: row.Time(6),
        Delivered: row.Int32(7) == 1,
        DeliveredAt: row.IsNull(8) ? null : row.Time(8));

    private static TracedTask ReadTask(SqliteStatement row) => new(
        Id: row.Int64(0),
        Kind: row.Text(1),
        State: row.Text(2),
        Attempts: row.Int32(3),
        MaxAttempts: row.Int32(4),
        CreatedAt: row.Time(5),
        RunAt: row.IsNull(6) ? null : row.Time(6),
        LeaseUntil: row.IsNull(7) ? null : row.Time(7),
        Instance: null,
        LastError: row.IsNull(8) ? null : row.Text(8),
        Progress: row.IsNull(9) ? null : row.Text(9),
        DiedAt: row.IsNull(10) ? null : row.Time(10),
        DeadLetter: row.IsNull(10) ? null : new DeadLetterId(DeadLetterKind.Task, row.Int64(0)).ToString());

    private static class Sql
    {
        public const string Count = "SELECT count(*) FROM (SELECT 1 FROM notifications WHERE event_key = ?1 LIMIT ?2)";

        // The index on (event_key, user_id) is unique: a user has the event once here.
        public const string Notifications = """
            SELECT n.user_id, n.seq, n.notification_id, n.event_type, n.priority, n.event_timestamp, n.received_at,
                   coalesce(n.seq <= c.delivered_seq, 0), CASE WHEN n.seq <= c.delivered_seq THEN c.delivered_at END
            FROM notifications n LEFT JOIN cursors c ON c.user_id = n.user_id
            WHERE n.event_key = ?1 AND n.user_id >= ?2 AND (n.user_id <> ?2 OR n.seq > ?3)
            ORDER BY n.user_id LIMIT ?4
            """;

        public const string Tasks = """
            SELECT id, kind, CASE WHEN lease_until IS NOT NULL THEN 'held' WHEN run_at > ?2 THEN 'scheduled' ELSE 'due' END,
                   attempts, max_attempts, created_at, run_at, lease_until, last_error, progress, NULL
            FROM tasks WHERE event_key = ?1
            UNION ALL
            SELECT id, kind, 'dead', attempts, max_attempts, created_at, NULL, NULL, last_error, progress, died_at
            FROM dead_tasks WHERE event_key = ?1
            ORDER BY 6, 1 LIMIT 100
            """;
    }
}
