using Belfry.Contracts;

namespace Belfry.Mailboxes.Sqlite;

/// <summary>What streams ask of the store: heads, pages of the log, delivered seqs.</summary>
internal sealed partial class SqliteMailboxStore
{
    public Task<MailboxHead> ReadHeadAsync(string userId, CancellationToken ct) =>
        ReadAsync("read a head", session =>
        {
            using var row = session.Prepare(Sql.ReadHead).Bind(userId);
            if (!row.Step()) return default;

            return new MailboxHead(
                Generation: row.Int32(0),
                FloorSeq: row.Int64(1),
                LastSeq: row.Int64(2),
                DeliveredSeq: row.Int64(3),
                StateVersion: row.Int64(4));
        }, ct);

    public Task<IReadOnlyList<StoredNotification>> ReadAfterAsync(
        string userId, long afterSeq, int maxRows, int maxBytes, CancellationToken ct) =>
        ReadAsync<IReadOnlyList<StoredNotification>>("read a page", session =>
        {
            var page = new List<StoredNotification>();
            using var rows = session.Prepare(Sql.ReadAfter).Bind(userId).Bind(afterSeq).Bind(maxRows);
            var bytes = 0;
            while (bytes < maxBytes && rows.Step())
            {
                var row = ReadRow(rows, userId);
                bytes += row.Content.Size;
                page.Add(row);
            }

            return page;
        }, ct);

    public Task<NewPage> ReadNewAsync(IReadOnlyList<MailboxPlace> places, int maxRowsEach, int maxBytes, CancellationToken ct) =>
        ReadAsync("read what is new", session =>
        {
            var rows = new List<(StoredNotification, int)>();
            var bytes = 0;
            foreach (var (userId, seq) in places)
            {
                using var head = session.Prepare(Sql.ReadHead).Bind(userId);
                if (!head.Step()) continue;

                var generation = head.Int32(0);
                using var page = session.Prepare(Sql.ReadAfter).Bind(userId).Bind(seq).Bind(maxRowsEach);
                while (page.Step())
                {
                    if (bytes >= maxBytes) return new NewPage(rows, IsComplete: false);
                    var row = ReadRow(page, userId);
                    bytes += row.Content.Size;
                    rows.Add((row, generation));
                }
            }

            return new NewPage(rows, IsComplete: true);
        }, ct);

    public Task MoveDeliveredAsync(IReadOnlyList<Delivered> delivered, CancellationToken ct) =>
        WriteAsync("move delivered", session =>
        {
            using var write = Begin(session);
            foreach (var (userId, seq) in delivered) session.Prepare(Sql.MoveDelivered).Bind(userId).Bind(seq).Bind(Now).Run();
            write.Commit();
            return true;
        }, ct);

    public Task<IReadOnlyList<StatusCount>> CountByStatusAsync(CancellationToken ct) =>
        ReadAsync<IReadOnlyList<StatusCount>>("count by status", session =>
        {
            var counts = new List<StatusCount>();
            using var rows = session.Prepare(Sql.CountByStatus);
            while (rows.Step()) counts.Add(new StatusCount(rows.Text(0), rows.Int64(1)));
            return counts;
        }, ct);

    private static StoredNotification ReadRow(SqliteStatement row, string userId) =>
        new(
            new NewNotification
            {
                UserId = userId,
                NotificationId = row.Guid(1),
                EventKey = default,
                Source = row.Text(2),
                EventId = row.Text(3),
                EventType = row.Text(4),
                Priority = (Priority)row.Int32(5),
                EventTimestamp = row.Time(6),
                Traceparent = row.IsNull(8) ? null : row.Text(8),
                Attributes = row.BytesOrNull(9),
                Payload = row.Bytes(10),
            },
            Seq: row.Int64(0),
            ReceivedAt: row.Time(7));

    private static partial class Sql
    {
        public const string ReadHead = $"""
            SELECT m.generation, m.floor_seq, {LastSeq}, coalesce(c.delivered_seq, 0), coalesce(c.state_version, 0)
            FROM mailboxes m LEFT JOIN cursors c ON c.user_id = m.user_id
            WHERE m.user_id = ?1
            """;

        public const string ReadAfter = """
            SELECT seq, notification_id, source, event_id, event_type, priority, event_timestamp, received_at, traceparent,
                   attributes, payload
            FROM notifications
            WHERE user_id = ?1 AND seq > ?2 ORDER BY seq LIMIT ?3
            """;

        public const string MoveDelivered = """
            INSERT INTO cursors (user_id, delivered_seq, delivered_at) VALUES (?1, ?2, ?3)
            ON CONFLICT DO UPDATE SET delivered_seq = excluded.delivered_seq, delivered_at = excluded.delivered_at
            WHERE delivered_seq < excluded.delivered_seq
            """;

        public const string CountByStatus = "SELECT status, count(*) FROM notification_status GROUP BY status ORDER BY status";
    }
}
