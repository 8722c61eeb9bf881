using System.Data;
using Belfry.Contracts;
using Belfry.Mailboxes.Marks;
using Npgsql;
using NpgsqlTypes;

namespace Belfry.Mailboxes.Postgres;

/// <summary>What streams ask of the store: heads, pages of the log, delivered seqs.</summary>
internal sealed partial class PostgresMailboxStore
{
    /// <summary>Of <c>belfry.heads</c>, as <see cref="ReadHead"/> reads them.</summary>
    internal const string HeadColumns =
        "generation, floor_seq, last_seq, delivered_seq, state_version, seen_sum, read_sum, hidden_sum, gone_sum";

    /// <summary>Of the log, as <see cref="ReadRow"/> reads them.</summary>
    internal const string LogColumns =
        "seq, notification_id, source, event_id, event_type, priority, event_timestamp, received_at, traceparent, attributes, payload, " +
        "expires_at, collapse_key";

    public Task<MailboxHead> ReadHeadAsync(string userId, CancellationToken ct) =>
        GuardAsync("read a head", async () =>
        {
            await using var command = _pool.CreateCommand(Sql.ReadHead);
            command.Parameters.Add(new NpgsqlParameter<string> { TypedValue = userId });
            await using var reader = await command.ExecuteReaderAsync(CommandBehavior.SingleRow, ct);
            return await reader.ReadAsync(ct) ? ReadHead(reader) : default;
        });

    public Task<IReadOnlyList<StoredNotification>> ReadAfterAsync(
        string userId, long afterSeq, int maxRows, int maxBytes, CancellationToken ct) =>
        GuardAsync<IReadOnlyList<StoredNotification>>("read a page", async () =>
        {
            var page = new List<StoredNotification>();
            await using var command = _pool.CreateCommand(Sql.ReadAfter);
            command.Parameters.Add(new NpgsqlParameter<string> { TypedValue = userId });
            command.Parameters.Add(new NpgsqlParameter<long> { TypedValue = afterSeq });
            command.Parameters.Add(new NpgsqlParameter<int> { TypedValue = maxRows });
            await using var reader = await command.ExecuteReaderAsync(ct);
            var bytes = 0;
            while (bytes < maxBytes && await reader.ReadAsync(ct))
            {
                var row = ReadRow(reader, userId);
                bytes += row.Content.Size;
                page.Add(reader.GetBoolean(13) ? row with { Hidden = true } : row);
            }

            return page;
        });

    public Task<NewPage> ReadNewAsync(IReadOnlyList<MailboxPlace> places, int maxRowsEach, int maxBytes, CancellationToken ct) =>
        UseAsync("read what is new", async connection =>
        {
            await using var command = new NpgsqlCommand(Sql.ReadNew, connection);
            command.Parameters.Add(PostgresArray.Of(places, NpgsqlDbType.Text, p => p.UserId));
            command.Parameters.Add(PostgresArray.Of(places, NpgsqlDbType.Bigint, p => p.Seq));
            command.Parameters.Add(new NpgsqlParameter<int> { TypedValue = maxRowsEach });

            var rows = new List<(StoredNotification, int)>();
            await using var reader = await command.ExecuteReaderAsync(ct);
            var bytes = 0;
            while (await reader.ReadAsync(ct))
            {
                if (bytes >= maxBytes) return new NewPage(rows, IsComplete: false);
                var row = ReadRow(reader, places[reader.GetInt32(15)].UserId);
                bytes += row.Content.Size;
                rows.Add((reader.GetBoolean(13) ? row with { Hidden = true } : row, reader.GetInt32(14)));
            }

            return new NewPage(rows, IsComplete: true);
        }, ct);

    public Task MoveDeliveredAsync(IReadOnlyList<Delivered> delivered, CancellationToken ct) =>
        GuardAsync("move delivered", async () =>
        {
            await using var command = _pool.CreateCommand(Sql.MoveDelivered);
            command.Parameters.Add(PostgresArray.Of(delivered, NpgsqlDbType.Text, d => d.UserId));
            command.Parameters.Add(PostgresArray.Of(delivered, NpgsqlDbType.Bigint, d => d.Seq));
            return await command.ExecuteNonQueryAsync(ct);
        });

    public Task<IReadOnlyList<StatusCount>> CountByStatusAsync(CancellationToken ct) =>
        GuardAsync<IReadOnlyList<StatusCount>>("count by status", async () =>
        {
            var counts = new List<StatusCount>();
            await using var command = _pool.CreateCommand(Sql.CountByStatus);
            await using var reader = await command.ExecuteReaderAsync(ct);
            while (await reader.ReadAsync(ct)) counts.Add(new StatusCount(reader.GetString(0), reader.GetInt64(1)));
            return counts;
        });

    internal static MailboxHead ReadHead(NpgsqlDataReader row) =>
        new(
            Generation: row.GetInt32(0),
            FloorSeq: row.GetInt64(1),
            LastSeq: row.GetInt64(2),
            DeliveredSeq: row.GetInt64(3),
            StateVersion: row.GetInt64(4))
        {
            Marks = new MarkSums(Seen: row.GetInt64(5), Read: row.GetInt64(6), Hidden: row.GetInt64(7), Gone: row.GetInt64(8)),
        };

    /// <summary>From the columns that <see cref="LogColumns"/> names.</summary>
    internal static StoredNotification ReadRow(NpgsqlDataReader row, string userId) =>
        new(
            new NewNotification
            {
                UserId = userId,
                NotificationId = row.GetGuid(1),
                EventKey = default,
                Source = row.GetString(2),
                EventId = row.GetString(3),
                EventType = row.GetString(4),
                Priority = (Priority)row.GetInt16(5),
                EventTimestamp = row.GetDateTime(6),
                Traceparent = row.IsDBNull(8) ? null : row.GetString(8),
                Attributes = row.IsDBNull(9) ? null : row.GetFieldValue<byte[]>(9),
                Payload = row.GetFieldValue<byte[]>(10),
                ExpiresAt = row.IsDBNull(11) ? null : row.GetDateTime(11),
                CollapseKey = row.IsDBNull(12) ? null : row.GetString(12),
            },
            Seq: row.GetInt64(0),
            ReceivedAt: row.GetDateTime(7));

    private static partial class Sql
    {
        public const string ReadHead = $"SELECT {HeadColumns} FROM belfry.heads WHERE user_id = $1";

        // Marks are asked for only where something is gone: that is one look for the whole page.
        public const string ReadAfter = $"""
            SELECT {LogColumns},
                   expires_at <= belfry.now() IS TRUE
                   OR CASE WHEN (SELECT i.gone_sum > 0 FROM belfry.inboxes i WHERE i.user_id = $1)
                           THEN belfry.marks_of($1, seq) >= 8 ELSE false END
            FROM belfry.notifications
            WHERE user_id = $1 AND seq > $2 ORDER BY seq LIMIT $3
            """;

        public const string ReadNew = $"SELECT {LogColumns}, hidden, generation, place FROM belfry.read_new_shown($1, $2, $3)";

        // Sorted, as everything that locks rows of several users; what stands higher already is not rewritten.
        public const string MoveDelivered = """
            INSERT INTO belfry.cursors (user_id, delivered_seq, delivered_at)
            SELECT u, max(s), belfry.now() FROM unnest($1, $2) AS moved(u, s) GROUP BY u ORDER BY u COLLATE "C"
            ON CONFLICT (user_id) DO UPDATE SET delivered_seq = excluded.delivered_seq, delivered_at = excluded.delivered_at
            WHERE cursors.delivered_seq < excluded.delivered_seq
            """;

        public const string CountByStatus = "SELECT status, count(*) FROM belfry.notification_status GROUP BY status ORDER BY status";
    }
}
