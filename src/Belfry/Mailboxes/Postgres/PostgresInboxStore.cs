using Belfry.Mailboxes.Marks;
using Npgsql;
using NpgsqlTypes;

namespace Belfry.Mailboxes.Postgres;

/// <summary>Marks in PostgreSQL.</summary>
internal sealed partial class PostgresInboxStore(PostgresMailboxStore store) : IInboxStore
{
    /// <summary>
    /// Locks the user's row of the inboxes, and nothing that an append needs: what comes in meanwhile is behind the last seq that is
    /// read here, and has no marks.
    /// </summary>
    public Task<InboxAnswer> ChangeAsync(string userId, InboxRequest request, CancellationToken ct)
    {
        var window = InboxEdit.WindowOf(request) ?? new SeqRange(0, -1);
        return store.UseAsync("change an inbox", async connection =>
        {
            await using var transaction = await connection.BeginTransactionAsync(ct);
            var (head, before) = await LockAsync(connection, userId, window, ct);
            if (InboxEdit.IsOfOtherEpoch(request, store.Epoch, head)) return InboxEdit.Nothing(head) with { IsOtherEpoch = true };

            var edit = InboxEdit.Plan(request, head, before);
            if (edit.Changed.Count == 0) return InboxEdit.Nothing(head);

            var answer = InboxEdit.Answer(userId, request, head, edit, MarkEdit.SumBelow(before, head.FloorSeq));
            await WriteAsync(connection, userId, edit, InboxChangeBytes.Of(answer.Change!), ct);
            await transaction.CommitAsync(ct);
            return answer;
        }, ct);
    }

    public Task<IReadOnlyList<InboxChange>> ReadMissedAsync(IReadOnlyList<StateKnown> known, CancellationToken ct) =>
        store.UseAsync<IReadOnlyList<InboxChange>>("read missed changes", async connection =>
        {
            var missed = new List<InboxChange>();
            await using var command = new NpgsqlCommand(Sql.ReadMissed, connection);
            command.Parameters.Add(PostgresArray.Of(known, NpgsqlDbType.Text, k => k.UserId));
            command.Parameters.Add(PostgresArray.Of(known, NpgsqlDbType.Integer, k => k.Generation));
            command.Parameters.Add(PostgresArray.Of(known, NpgsqlDbType.Bigint, k => k.StateVersion));
            await using var reader = await command.ExecuteReaderAsync(ct);
            while (await reader.ReadAsync(ct))
            {
                var user = known[reader.GetInt32(10)];
                var head = PostgresMailboxStore.ReadHead(reader);
                missed.Add(InboxEdit.Missed(user.UserId, user.Generation, head, reader.IsDBNull(9) ? null : reader.GetFieldValue<byte[]>(9)));
            }

            return missed;
        }, ct);

    public Task<Expired> ExpireAsync(int max, CancellationToken ct) =>
        store.UseAsync("mark what has expired", async connection =>
        {
            var rows = 0;
            var changed = new List<(string, int)>();
            await using var command = new NpgsqlCommand(Sql.Expire, connection);
            command.Parameters.Add(new NpgsqlParameter<int> { TypedValue = max });
            await using var reader = await command.ExecuteReaderAsync(ct);
            while (await reader.ReadAsync(ct))
            {
                rows += reader.GetInt32(2);
                if (!reader.IsDBNull(1)) changed.Add((reader.GetString(0), reader.GetInt32(1)));
            }

            return new Expired(rows, changed);
        }, ct);

    public Task<IReadOnlyList<MarkRange>> ReadMarksAsync(string userId, SeqRange of, bool newestFirst, int max, CancellationToken ct) =>
        store.UseAsync<IReadOnlyList<MarkRange>>("read marks", async connection =>
        {
            await using var command = new NpgsqlCommand(newestFirst ? Sql.ReadMarksDown : Sql.ReadMarksUp, connection);
            command.Parameters.Add(new NpgsqlParameter<string> { TypedValue = userId });
            command.Parameters.Add(new NpgsqlParameter<long> { TypedValue = of.First });
            command.Parameters.Add(new NpgsqlParameter<long> { TypedValue = of.Last });
            command.Parameters.Add(new NpgsqlParameter<int> { TypedValue = max });
            await using var reader = await command.ExecuteReaderAsync(ct);
            return await ReadRangesAsync(reader, ct);
        }, ct);

    public Task<IReadOnlyList<StoredNotification>> ReadRangesAsync(
        string userId, IReadOnlyList<SeqRange> ranges, bool newestFirst, TypeFilter? types, int maxRows, int maxBytes, CancellationToken ct) =>
        store.UseAsync<IReadOnlyList<StoredNotification>>("read a page of an inbox", async connection =>
        {
            var page = new List<StoredNotification>();
            await using var command = new NpgsqlCommand(newestFirst ? Sql.ReadDown : Sql.ReadUp, connection);
            command.Parameters.Add(new NpgsqlParameter<string> { TypedValue = userId });
            command.Parameters.Add(PostgresArray.Of(ranges, NpgsqlDbType.Bigint, r => r.First));
            command.Parameters.Add(PostgresArray.Of(ranges, NpgsqlDbType.Bigint, r => r.Last));
            command.Parameters.Add(new NpgsqlParameter<int> { TypedValue = maxRows });
            command.Parameters.Add(new NpgsqlParameter<bool> { TypedValue = types is null });
            command.Parameters.Add(new NpgsqlParameter<string[]> { TypedValue = [.. types?.Names ?? []] });
            command.Parameters.Add(new NpgsqlParameter<string[]> { TypedValue = [.. types?.Prefixes ?? []] });
            await using var reader = await command.ExecuteReaderAsync(ct);
            var bytes = 0;
            while (bytes < maxBytes && await reader.ReadAsync(ct))
            {
                var row = PostgresMailboxStore.ReadRow(reader, userId);
                bytes += row.Content.Size;
                page.Add(row);
            }

            return page;
        }, ct);

    /// <summary>In one message, but each statement sees what was committed before it began: the last two what the lock's last holder did.</summary>
    private static async Task<(MailboxHead Head, List<MarkRange> Before)> LockAsync(
        NpgsqlConnection connection, string userId, SeqRange window, CancellationToken ct)
    {
        await using var batch = new NpgsqlBatch(connection);
        batch.BatchCommands.Add(With(Sql.Enter, userId));
        batch.BatchCommands.Add(With(Sql.Lock, userId));
        batch.BatchCommands.Add(With(Sql.ReadHead, userId));
        var marks = With(Sql.ReadMarksUp, userId);
        marks.Parameters.Add(new NpgsqlParameter<long> { TypedValue = window.First });
        marks.Parameters.Add(new NpgsqlParameter<long> { TypedValue = window.Last });
        marks.Parameters.Add(new NpgsqlParameter<int> { TypedValue = int.MaxValue });
        batch.BatchCommands.Add(marks);

        await using var reader = await batch.ExecuteReaderAsync(ct);
        await reader.NextResultAsync(ct);
        var head = await reader.ReadAsync(ct) ? PostgresMailboxStore.ReadHead(reader) : default;
        await reader.NextResultAsync(ct);
        return (head, await ReadRangesAsync(reader, ct));
    }

    private static async Task WriteAsync(NpgsqlConnection connection, string userId, MarkEdit edit, byte[] change, CancellationToken ct)
    {
        await using var batch = new NpgsqlBatch(connection);
        if (edit.Gone.Count > 0)
        {
            var delete = With(Sql.Delete, userId);
            delete.Parameters.Add(PostgresArray.Of(edit.Gone, NpgsqlDbType.Bigint, r => r.First));
            batch.BatchCommands.Add(delete);
        }

        if (edit.Come.Count > 0)
        {
            var insert = With(Sql.Insert, userId);
            insert.Parameters.Add(PostgresArray.Of(edit.Come, NpgsqlDbType.Bigint, r => r.First));
            insert.Parameters.Add(PostgresArray.Of(edit.Come, NpgsqlDbType.Bigint, r => r.Last));
            insert.Parameters.Add(PostgresArray.Of(edit.Come, NpgsqlDbType.Smallint, r => (short)r.State));
            batch.BatchCommands.Add(insert);
        }

        var move = With(Sql.Move, userId);
        foreach (var sum in (long[])[edit.Moved.Seen, edit.Moved.Read, edit.Moved.Hidden, edit.Moved.Gone])
        {
            move.Parameters.Add(new NpgsqlParameter<long> { TypedValue = sum });
        }

        move.Parameters.Add(new NpgsqlParameter<byte[]> { TypedValue = change });
        batch.BatchCommands.Add(move);
        await batch.ExecuteNonQueryAsync(ct);
    }

    private static async Task<List<MarkRange>> ReadRangesAsync(NpgsqlDataReader reader, CancellationToken ct)
    {
        var ranges = new List<MarkRange>();
        while (await reader.ReadAsync(ct)) ranges.Add(new MarkRange(reader.GetInt64(0), reader.GetInt64(1), (MarkState)reader.GetInt16(2)));
        return ranges;
    }

    private static NpgsqlBatchCommand With(string sql, string userId)
    {
        var command = new NpgsqlBatchCommand(sql);
        command.Parameters.Add(new NpgsqlParameter<string> { TypedValue = userId });
        return command;
    }

    private static class Sql
    {
        // Whoever has no mailbox gets no row, and whoever waits for a row waits for one user alone.
        public const string Enter = """
            INSERT INTO belfry.inboxes (user_id)
            SELECT m.user_id FROM belfry.mailboxes m
            WHERE m.user_id = $1 AND NOT EXISTS (SELECT FROM belfry.inboxes i WHERE i.user_id = $1)
            ON CONFLICT DO NOTHING
            """;

        public const string Lock = "SELECT 1 FROM belfry.inboxes WHERE user_id = $1 FOR NO KEY UPDATE";

        public const string ReadHead = $"SELECT {PostgresMailboxStore.HeadColumns} FROM belfry.heads WHERE user_id = $1";

        public const string ReadMissed = $"""
            SELECT h.*, (SELECT i.last_change FROM belfry.inboxes i WHERE i.user_id = u.user_id), (u.place - 1)::integer
            FROM unnest($1, $2, $3) WITH ORDINALITY AS u(user_id, generation, state_version, place)
            JOIN belfry.mailboxes m ON m.user_id = u.user_id
            LEFT JOIN belfry.inboxes n ON n.user_id = u.user_id
            CROSS JOIN LATERAL (SELECT {PostgresMailboxStore.HeadColumns} FROM belfry.heads x WHERE x.user_id = u.user_id OFFSET 0) h
            WHERE m.generation <> u.generation OR n.state_version > u.state_version
            """;

        // Ranges do not overlap, so that the one which reaches into the window from below is the last that begins there.
        private const string Overlapping = """
            SELECT first_seq, last_seq, state FROM belfry.marks k
            WHERE k.user_id = $1 AND k.first_seq <= $3 AND k.last_seq >= $2
              AND k.first_seq >= coalesce((SELECT max(b.first_seq) FROM belfry.marks b WHERE b.user_id = $1 AND b.first_seq <= $2), 0)
            """;

        public const string ReadMarksUp = $"{Overlapping} ORDER BY k.first_seq LIMIT $4";

        public const string ReadMarksDown = $"{Overlapping} ORDER BY k.first_seq DESC LIMIT $4";

        public const string Expire = "SELECT user_id, generation, expired FROM belfry.expire($1)";

        public const string Delete = "DELETE FROM belfry.marks WHERE user_id = $1 AND first_seq = ANY ($2)";

        public const string Insert = "INSERT INTO belfry.marks (user_id, first_seq, last_seq, state) SELECT $1, * FROM unnest($2, $3, $4)";

        public const string Move = """
            UPDATE belfry.inboxes
            SET state_version = state_version + 1, seen_sum = seen_sum + $2, read_sum = read_sum + $3, hidden_sum = hidden_sum + $4,
                gone_sum = gone_sum + $5, last_change = $6
            WHERE user_id = $1
            """;

        // OFFSET 0 keeps it what it is, one walk through the user's index for each range, whatever the planner takes a young
        // partition for.
        private const string Read = $"""
            SELECT n.* FROM unnest($2, $3) AS r(first, last)
            CROSS JOIN LATERAL (
                SELECT {PostgresMailboxStore.LogColumns} FROM belfry.notifications x
                WHERE x.user_id = $1 AND x.seq >= r.first AND x.seq <= r.last
                  AND ($5 OR x.event_type = ANY ($6) OR EXISTS (SELECT FROM unnest($7) AS p(prefix) WHERE starts_with(x.event_type, p.prefix)))
                OFFSET 0) n
            """;

        public const string ReadUp = $"{Read} ORDER BY n.seq LIMIT $4";

        public const string ReadDown = $"{Read} ORDER BY n.seq DESC LIMIT $4";
    }
}
