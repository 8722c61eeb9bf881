using Belfry.Contracts;
using Belfry.Mailboxes.Marks;

namespace Belfry.Mailboxes.Sqlite;

/// <summary>What streams ask of the store: heads, pages of the log, delivered seqs.</summary>
internal sealed partial class SqliteMailboxStore
{
    /// <summary>Of the log, as <see cref="ReadRow"/> reads them.</summary>
    internal const string LogColumns =
        "seq, notification_id, source, event_id, event_type, priority, event_timestamp, received_at, traceparent, attributes, payload, " +
        "expires_at, collapse_key";

    /// <summary>Whether a row of <c>notifications n</c> is in no page and on no stream.</summary>
    internal const string IsGone = """
        coalesce((SELECT k.last_seq >= n.seq AND k.state >= 8 FROM marks k
                  WHERE k.user_id = n.user_id AND k.first_seq <= n.seq ORDER BY k.first_seq DESC LIMIT 1), 0)
        """;

    public Task<MailboxHead> ReadHeadAsync(string userId, CancellationToken ct) =>
        ReadAsync("read a head", session =>
        {
            using var row = session.Prepare(Sql.ReadHead).Bind(userId);
            return row.Step() ? ReadHead(row) : default;
        }, ct);

    public Task<IReadOnlyList<StoredNotification>> ReadAfterAsync(
        string userId, long afterSeq, int maxRows, int maxBytes, CancellationToken ct) =>
        ReadAsync<IReadOnlyList<StoredNotification>>("read a page", session =>
        {
            var page = new List<StoredNotification>();
            using var rows = session.Prepare(Sql.ReadAfter).Bind(userId).Bind(afterSeq).Bind(maxRows).Bind(Now);
            var bytes = 0;
            while (bytes < maxBytes && rows.Step())
            {
                var row = ReadRow(rows, userId);
                bytes += row.Content.Size;
                page.Add(rows.Int64(13) != 0 ? row with { Hidden = true } : row);
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
                using var page = session.Prepare(Sql.ReadAfter).Bind(userId).Bind(seq).Bind(maxRowsEach).Bind(Now);
                while (page.Step())
                {
                    if (bytes >= maxBytes) return new NewPage(rows, IsComplete: false);
                    var row = ReadRow(page, userId);
                    bytes += row.Content.Size;
                    rows.Add((page.Int64(13) != 0 ? row with { Hidden = true } : row, generation));
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

    /// <summary>In the session of a caller that has more to do.</summary>
    internal static MailboxHead ReadHead(SqliteSession session, string userId)
    {
        using var row = session.Prepare(Sql.ReadHead).Bind(userId);
        return row.Step() ? ReadHead(row) : default;
    }

    private static MailboxHead ReadHead(SqliteStatement row) =>
        new(
            Generation: row.Int32(0),
            FloorSeq: row.Int64(1),
            LastSeq: row.Int64(2),
            DeliveredSeq: row.Int64(3),
            StateVersion: row.Int64(4))
        {
            Marks = new MarkSums(Seen: row.Int64(5), Read: row.Int64(6), Hidden: row.Int64(7), Gone: row.Int64(8)),
        };

    /// <summary>From the columns that <see cref="LogColumns"/> names.</summary>
    internal static StoredNotification ReadRow(SqliteStatement row, string userId) =>
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
                ExpiresAt = row.IsNull(11) ? null : row.Time(11),
                CollapseKey = row.IsNull(12) ? null : row.Text(12),
            },
            Seq: row.Int64(0),
            ReceivedAt: row.Time(7));

    private static partial class Sql
    {
        // What ranges of marks have below the floor does not count.
        public const string ReadHead = $"""
            SELECT m.generation, m.floor_seq, {LastSeq}, coalesce(c.delivered_seq, 0), coalesce(i.state_version, 0),
                   coalesce(i.seen_sum - (SELECT {Below} 1), 0),
                   coalesce(i.read_sum - (SELECT {Below} k.state >= 2), 0),
                   coalesce(i.hidden_sum - (SELECT {Below} k.state >= 4), 0),
                   coalesce(i.gone_sum - (SELECT {Below} k.state >= 8), 0)
            FROM mailboxes m LEFT JOIN cursors c ON c.user_id = m.user_id LEFT JOIN inboxes i ON i.user_id = m.user_id
            WHERE m.user_id = ?1
            """;

        private const string Below =
            "coalesce(sum(min(k.last_seq, m.floor_seq) - k.first_seq + 1), 0) FROM marks k WHERE k.user_id = m.user_id AND k.first_seq <= m.floor_seq AND";

        public const string ReadAfter = $"""
            SELECT {LogColumns}, coalesce(expires_at <= ?4, 0) OR {IsGone}
            FROM notifications n
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
