using Belfry.Contracts;
using Belfry.Mailboxes;
using Belfry.Mailboxes.Sqlite;
using Belfry.Work.Webhooks;

namespace Belfry.Work.Sqlite;

/// <summary>
/// The log as webhooks look through it, in the file of the mailboxes. Positions there are in the order of their times, and nothing
/// is in flight beside the one writer.
/// </summary>
internal sealed class SqliteWebhookStore(SqliteMailboxStore store) : IWebhookStore
{
    public Task<WebhookScan> ScanAsync(WebhookScanRequest request, CancellationToken ct) => store.WriteAsync("look for webhooks", session =>
    {
        using var write = store.Begin(session);
        var scan = Scan(session, request, store.Now, out var changed);

        // Nothing to keep is nothing to bring to the disk.
        if (changed) write.Commit();
        return scan;
    }, ct);

    public Task<WebhookNotification> FindAsync(WebhookTask task, CancellationToken ct) => store.ReadAsync("find a notification", session =>
    {
        using var row = session.Prepare(Sql.Find).Bind(task.UserId).Bind(task.Seq).Bind(task.NotificationId).Bind(store.Now);
        return row.Step()
            ? new WebhookNotification(SqliteMailboxStore.ReadRow(row, task.UserId), Delivered: row.Int64(13) != 0, row.BytesOrNull(14))
            : new WebhookNotification(null, Delivered: false, Preferences: null);
    }, ct);

    public Task<IReadOnlyList<(string Name, long Waiting)>> ListStrandedAsync(IReadOnlyCollection<string> configured, CancellationToken ct) =>
        store.ReadAsync<IReadOnlyList<(string, long)>>("list stranded webhooks", session =>
        {
            var stranded = new List<(string, long)>();
            using var rows = session.Prepare(Sql.ListStranded);
            while (rows.Step())
            {
                if (!configured.Contains(rows.Text(0))) stranded.Add((rows.Text(0), rows.Int64(1)));
            }

            return stranded;
        }, ct);

    private static WebhookScan Scan(SqliteSession session, WebhookScanRequest request, long now, out bool changed)
    {
        changed = false;
        var due = now - Microseconds(request.After);
        if (FindPlace(session, request.Endpoint) is not { } place)
        {
            changed = true;
            session.Prepare(Sql.Enter).Bind(request.Endpoint).Bind(now).Run();
            place = FindPlace(session, request.Endpoint)!.Value;
        }

        var waiting = CountWaiting(session, place.Number, request.Room);
        if (waiting >= request.Room) return new WebhookScan(place.Number, Done: true, More: false, 0, 0, waiting, Between(place.ReceivedAt, due), TimeSpan.Zero);

        var oldest = due - Microseconds(request.TooOld);
        var skipped = Between(place.ReceivedAt, oldest);
        if (skipped > TimeSpan.Zero) place = place with { ReceivedAt = oldest, Position = 0 };

        var (rows, tasks) = ReadPage(session, request, due, now, ref place);
        foreach (var task in tasks) SqliteTasks.Add(session, task, now);
        if (rows > 0)
        {
            changed = true;
            session.Prepare(Sql.Move).Bind(request.Endpoint).Bind(place.ReceivedAt).Bind(place.Position).Run();
        }

        // Between the newest row that is due and now there is nothing.
        var more = rows == request.Rows;
        return new WebhookScan(
            place.Number, Done: true, more, rows, tasks.Count, waiting + tasks.Count, more ? Between(place.ReceivedAt, due) : TimeSpan.Zero, skipped);
    }

    private static (int Rows, List<NewTask> Tasks) ReadPage(SqliteSession session, WebhookScanRequest request, long due, long now, ref Place place)
    {
        var count = 0;
        var tasks = new List<NewTask>();
        var first = FirstAt(session, place.ReceivedAt);
        using var rows = session.Prepare(Sql.Page).Bind(first).Bind(place.ReceivedAt).Bind(place.Position).Bind(request.Rows);
        while (rows.Step())
        {
            if (rows.Int64(1) >= due) break;
            count++;
            place = place with { Position = rows.Int64(0), ReceivedAt = rows.Int64(1) };
            var delivered = rows.Int64(3) <= rows.Int64(7);
            var expired = !rows.IsNull(8) && rows.Int64(8) <= now;
            if (delivered || expired || request.Types?.Wants(rows.Text(5)) is false) continue;

            var task = new WebhookTask(rows.Text(2), rows.Int64(3), rows.Guid(4));
            var rank = WebhookTask.Rank(place.Number, (Priority)rows.Int32(6));
            tasks.Add(new NewTask(request.Endpoint, request.Kind, task.NotificationId, rank, RunAt: null, request.MaxAttempts, task.ToBody()) { EventKey = rows.Guid(9) });
        }

        return (count, tasks);
    }

    /// <summary>The first position of a time or later, found by halving: position order is the order of times.</summary>
    private static long FirstAt(SqliteSession session, long receivedAt)
    {
        long low, high;
        using (var ends = session.Prepare(Sql.Ends))
        {
            if (!ends.Step() || ends.IsNull(0)) return 0;
            (low, high) = (ends.Int64(0), ends.Int64(1) + 1);
        }

        while (low < high)
        {
            var middle = low + ((high - low) / 2);
            using var row = session.Prepare(Sql.NextTo).Bind(middle);
            if (!row.Step() || row.Int64(1) >= receivedAt) high = middle;
            else low = row.Int64(0) + 1;
        }

        return low;
    }

    private static Place? FindPlace(SqliteSession session, string endpoint)
    {
        using var row = session.Prepare(Sql.FindPlace).Bind(endpoint);
        return row.Step() ? new Place(row.Int32(0), row.Int64(1), row.Int64(2)) : null;
    }

    private static int CountWaiting(SqliteSession session, int number, int most)
    {
        var waiting = 0;
        foreach (var rank in WebhookTask.RanksOf(number))
        {
            using var row = session.Prepare(Sql.CountWaiting).Bind((long)rank).Bind(most);
            if (row.Step()) waiting += row.Int32(0);
        }

        return waiting;
    }

    private static long Microseconds(TimeSpan time) => time.Ticks / TimeSpan.TicksPerMicrosecond;

    private static TimeSpan Between(long from, long to) => TimeSpan.FromMicroseconds(Math.Max(0, to - from));

    private readonly record struct Place(int Number, long ReceivedAt, long Position);

    private static class Sql
    {
        public const string FindPlace = "SELECT number, received_at, position FROM webhook_endpoints WHERE name = ?1";

        // The newest row may have a later time than the clock, when that was set back.
        public const string Enter = """
            INSERT INTO webhook_endpoints (name, number, received_at, position)
            SELECT ?1, 1 + coalesce((SELECT max(number) FROM webhook_endpoints), 0), max(?2, coalesce(newest.received_at, 0)), coalesce(newest.position, 0)
            FROM (SELECT 1) LEFT JOIN (SELECT received_at, position FROM notifications ORDER BY position DESC LIMIT 1) newest
            """;

        public const string Move = "UPDATE webhook_endpoints SET received_at = ?2, position = ?3 WHERE name = ?1";

        public const string CountWaiting = """
            SELECT count(*) FROM (SELECT 1 FROM tasks WHERE priority = ?1 AND lease_until IS NULL LIMIT ?2)
            """;

        public const string Ends = """
            SELECT (SELECT position FROM notifications ORDER BY position LIMIT 1), (SELECT position FROM notifications ORDER BY position DESC LIMIT 1)
            """;

        public const string NextTo = "SELECT position, received_at FROM notifications WHERE position >= ?1 ORDER BY position LIMIT 1";

        public const string Page = """
            SELECT n.position, n.received_at, n.user_id, n.seq, n.notification_id, n.event_type, n.priority, coalesce(c.delivered_seq, 0), n.expires_at, n.event_key
            FROM notifications n LEFT JOIN cursors c ON c.user_id = n.user_id
            WHERE n.position >= ?1 AND (n.received_at > ?2 OR n.position > ?3) ORDER BY n.position LIMIT ?4
            """;

        public const string Find = $"""
            SELECT {SqliteMailboxStore.LogColumns},
                   n.seq <= coalesce((SELECT c.delivered_seq FROM cursors c WHERE c.user_id = n.user_id), 0),
                   (SELECT p.body FROM preferences p WHERE p.user_id = n.user_id)
            FROM notifications n
            WHERE n.user_id = ?1 AND n.seq = ?2 AND n.notification_id = ?3 AND (n.expires_at IS NULL OR n.expires_at > ?4)
              AND NOT {SqliteMailboxStore.IsGone}
            """;

        public const string ListStranded = """
            SELECT name, waiting FROM (
                SELECT e.name, (SELECT count(*) FROM tasks t
                                WHERE t.priority BETWEEN e.number * 4 AND e.number * 4 + 2 AND t.lease_until IS NULL) AS waiting
                FROM webhook_endpoints e)
            WHERE waiting > 0 ORDER BY name
            """;
    }
}
