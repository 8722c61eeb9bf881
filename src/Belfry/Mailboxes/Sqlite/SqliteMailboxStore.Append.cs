using System.Runtime.InteropServices;
using Microsoft.Data.Sqlite;

namespace Belfry.Mailboxes.Sqlite;

/// <summary>The append: one transaction under the file's one write lock, a handful of prepared statements for each item.</summary>
internal sealed partial class SqliteMailboxStore
{
    public Task<AppendResult> AppendAsync(AppendBatch batch, CancellationToken ct) =>
        WriteAsync("append", session =>
        {
            try
            {
                var result = Append(session, batch);
                if (RaiseIsDue) RaiseCounter(session);
                return result;
            }
            catch (SqliteException e) when (SqliteErrors.IsRefusal(e))
            {
                return new AppendResult.Refused(e.Message);
            }
        }, ct);

    public Task<IReadOnlySet<Guid>> FindOwnAsync(IReadOnlyList<(string UserId, long Seq, Guid NotificationId)> rows, CancellationToken ct) =>
        ReadAsync<IReadOnlySet<Guid>>("find own rows", session =>
        {
            var found = new HashSet<Guid>();
            foreach (var (userId, seq, notificationId) in rows)
            {
                using var row = session.Prepare(Sql.FindOwn).Bind(userId).Bind(seq).Bind(notificationId);
                if (row.Step()) found.Add(notificationId);
            }

            return found;
        }, ct);

    private AppendResult Append(SqliteSession session, AppendBatch batch)
    {
        using var write = Begin(session);
        foreach (var move in batch.Moves)
        {
            if (!TryMove(session, move)) return new AppendResult.Fenced(move.Partition);
        }

        foreach (var step in batch.Steps)
        {
            if (!SqliteTasks.TryStep(session, step)) return new AppendResult.TaskLost(step);
        }

        var now = TimeOfNext(session);
        foreach (var letter in batch.DeadLetters) Insert(session, letter, now);
        foreach (var id in batch.Revived) session.Prepare(Sql.Revive).Bind(id).Run();

        var stored = new Appended[batch.Items.Count];
        var tails = new Dictionary<string, Tail>(StringComparer.Ordinal);
        for (var i = 0; i < stored.Length; i++)
        {
            var item = batch.Items[i];
            ref var tail = ref CollectionsMarshal.GetValueRefOrAddDefault(tails, item.UserId, out var known);
            if (!known) tail = ReadTail(session, item.UserId, now);

            // A duplicate, be it of this very batch, leaves the seq to the next one.
            stored[i] = TryInsert(session, item, tail.LastSeq + 1, now)
                ? new Appended(++tail.LastSeq, Duplicate: false, tail.Generation, UnixMicroseconds.ToDateTime(now))
                : new Appended(FirstSeq(session, item), Duplicate: true, tail.Generation, UnixMicroseconds.ToDateTime(now));
        }

        Mute(session, batch.Items, stored);
        TakePlaces(session, batch.Items, stored);

        var added = new AddedTask[batch.Tasks.Count];
        for (var i = 0; i < added.Length; i++) added[i] = SqliteTasks.Add(session, batch.Tasks[i], now);

        write.Commit();
        if (stored.Length > 0) _grown = true;
        return new AppendResult.Stored(stored) { Tasks = added };
    }

    /// <summary>The time of what is stored now. It never goes back, in any mailbox, so that the log stays in the order of its times.</summary>
    private long TimeOfNext(SqliteSession session)
    {
        using var newest = session.Prepare(Sql.NewestTime);
        return newest.Step() ? Math.Max(Now, newest.Int64(0)) : Now;
    }

    private static Tail ReadTail(SqliteSession session, string userId, long now)
    {
        using (var row = session.Prepare(Sql.ReadTail).Bind(userId))
        {
            if (row.Step()) return new Tail { Generation = row.Int32(0), LastSeq = row.Int64(1) };
        }

        session.Prepare(Sql.MakeMailbox).Bind(userId).Bind(now).Run();
        return default;
    }

    private static bool TryInsert(SqliteSession session, NewNotification item, long seq, long receivedAt)
    {
        session.Prepare(Sql.Insert)
            .Bind(item.UserId)
            .Bind(seq)
            .Bind(receivedAt)
            .Bind(UnixMicroseconds.From(item.EventTimestamp))
            .Bind(item.NotificationId)
            .Bind(item.EventKey)
            .Bind((long)item.Priority)
            .Bind(item.Source)
            .Bind(item.EventId)
            .Bind(item.EventType)
            .Bind(item.Traceparent)
            .Bind(item.Attributes)
            .Bind(item.Payload)
            .Bind(item.ExpiresAt is { } expiresAt ? UnixMicroseconds.From(expiresAt) : (long?)null)
            .Bind(item.CollapseKey)
            .Run();
        return session.Changes == 1;
    }

    private static long FirstSeq(SqliteSession session, NewNotification duplicate)
    {
        using var row = session.Prepare(Sql.FirstSeq).Bind(duplicate.EventKey).Bind(duplicate.UserId);
        if (!row.Step()) throw new InvalidOperationException("A duplicate has no original.");
        return row.Int64(0);
    }

    private struct Tail
    {
        public int Generation;
        public long LastSeq;
    }

    private static partial class Sql
    {
        // With the newest position comes the newest time.
        public const string NewestTime = "SELECT received_at FROM notifications ORDER BY position DESC LIMIT 1";

        private const string LastSeq =
            "max(m.floor_seq, coalesce((SELECT n.seq FROM notifications n WHERE n.user_id = m.user_id ORDER BY n.seq DESC LIMIT 1), 0))";

        public const string ReadTail = $"SELECT m.generation, {LastSeq} FROM mailboxes m WHERE m.user_id = ?1";

        public const string MakeMailbox = "INSERT INTO mailboxes (user_id, created_at) VALUES (?1, ?2)";

        // JSON comes as its bytes and is kept as text, so that SQLite's own functions and its shell can read it; the cast
        // converts nothing.
        public const string Insert = """
            INSERT INTO notifications (user_id, seq, received_at, event_timestamp, notification_id, event_key, priority,
                                       source, event_id, event_type, traceparent, attributes, payload, expires_at, collapse_key)
            VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, CAST(?12 AS TEXT), CAST(?13 AS TEXT), ?14, ?15)
            ON CONFLICT (event_key, user_id) DO NOTHING
            """;

        public const string FirstSeq = "SELECT seq FROM notifications WHERE event_key = ?1 AND user_id = ?2";

        public const string Revive = "DELETE FROM dead_letters WHERE id = ?1";

        public const string FindOwn = "SELECT 1 FROM notifications WHERE user_id = ?1 AND seq = ?2 AND notification_id = ?3";
    }
}
