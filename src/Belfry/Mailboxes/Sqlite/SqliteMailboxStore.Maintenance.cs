namespace Belfry.Mailboxes.Sqlite;

/// <summary>What has had its time goes, from the log's beginning.</summary>
internal sealed partial class SqliteMailboxStore
{
    /// <summary>An append waits for one chunk at most, some milliseconds: the gate lets it in between two of them.</summary>
    private const int RetentionChunk = 500;

    /// <summary>Readers that follow each other without a pause could keep the write-ahead log from ever starting anew.</summary>
    private const long MaxWalBytes = 64 * 1024 * 1024;

    public async Task MaintainAsync(TimeSpan retention, CancellationToken ct)
    {
        var removed = 0L;
        for (var more = true; more;)
        {
            var rows = await WriteAsync("remove what is old", session => RemoveChunk(session, retention), ct);
            removed += rows;
            more = rows == RetentionChunk;
        }

        if (removed > 0) Log.Removed(_log, removed);
        if (new FileInfo(_path + "-wal") is { Exists: true, Length: > MaxWalBytes }) await WriteAsync("checkpoint", RestartWal, ct);
    }

    /// <summary>The rows go and the floors rise in one transaction: a mailbox that has nothing left keeps its last seq.</summary>
    private int RemoveChunk(SqliteSession session, TimeSpan retention)
    {
        using var write = Begin(session);
        long last;
        using (var chunk = session.Prepare(Sql.LastExpired).Bind(RetentionChunk).Bind(UnixMicroseconds.From((_time.GetUtcNow() - retention).UtcDateTime)))
        {
            if (!chunk.Step() || chunk.IsNull(0)) return 0;
            last = chunk.Int64(0);
        }

        session.Prepare(Sql.RaiseFloors).Bind(last).Run();
        session.Prepare(Sql.TrimSums).Bind(last).Run();
        session.Prepare(Sql.TrimMarks).Bind(last).Run();
        session.Prepare(Sql.CutMarks).Bind(last).Run();
        session.Prepare(Sql.TrimKeys).Bind(last).Run();
        session.Prepare(Sql.Remove).Bind(last).Run();
        var rows = session.Changes;
        write.Commit();
        return rows;
    }

    /// <summary>Moves the write-ahead log into the file and begins it anew, unless a reader takes too long to let go of it.</summary>
    private bool RestartWal(SqliteSession session)
    {
        session.Execute("PRAGMA busy_timeout = 100");
        session.Execute("PRAGMA wal_checkpoint(TRUNCATE)");
        session.Execute($"PRAGMA busy_timeout = {(int)_lockTimeout.TotalMilliseconds}");
        return true;
    }

    private static partial class Sql
    {
        // Positions are in the order of the times, so only the first rows have to be looked at.
        public const string LastExpired = """
            SELECT max(position) FROM (SELECT position, received_at FROM notifications ORDER BY position LIMIT ?1) WHERE received_at < ?2
            """;

        // NOT INDEXED leaves the search by position; else the planner reads the whole index to save itself the sorting.
        public const string RaiseFloors = """
            UPDATE mailboxes SET floor_seq = max(floor_seq, gone.seq)
            FROM (SELECT user_id, max(seq) AS seq FROM notifications NOT INDEXED WHERE position <= ?1 GROUP BY user_id) AS gone
            WHERE mailboxes.user_id = gone.user_id
            """;

        private const string OfThese = "user_id IN (SELECT user_id FROM notifications NOT INDEXED WHERE position <= ?1)";

        public const string TrimSums = $"""
            UPDATE inboxes SET seen_sum = seen_sum - below.seen, read_sum = read_sum - below.read, hidden_sum = hidden_sum - below.hidden,
                               gone_sum = gone_sum - below.gone
            FROM (SELECT user_id, sum(size) AS seen, sum(size * (state >= 2)) AS read, sum(size * (state >= 4)) AS hidden,
                         sum(size * (state >= 8)) AS gone
                  FROM (SELECT m.user_id, k.state, min(k.last_seq, m.floor_seq) - k.first_seq + 1 AS size
                        FROM mailboxes m JOIN marks k ON k.user_id = m.user_id AND k.first_seq <= m.floor_seq WHERE m.{OfThese})
                  GROUP BY user_id) AS below
            WHERE inboxes.user_id = below.user_id
            """;

        private const string Floor = "(SELECT m.floor_seq FROM mailboxes m WHERE m.user_id = marks.user_id)";

        public const string TrimMarks = $"DELETE FROM marks WHERE {OfThese} AND last_seq <= {Floor}";

        public const string CutMarks = $"UPDATE marks SET first_seq = {Floor} + 1 WHERE {OfThese} AND first_seq <= {Floor}";

        public const string TrimKeys = $"""
            DELETE FROM collapse_keys WHERE {OfThese} AND seq <= (SELECT m.floor_seq FROM mailboxes m WHERE m.user_id = collapse_keys.user_id)
            """;

        public const string Remove = "DELETE FROM notifications WHERE position <= ?1";
    }
}
