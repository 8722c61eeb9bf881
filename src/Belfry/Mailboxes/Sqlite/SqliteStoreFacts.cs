namespace Belfry.Mailboxes.Sqlite;

/// <summary>What the SQLite file says about itself.</summary>
internal sealed class SqliteStoreFacts(SqliteMailboxStore store) : IStoreFacts
{
    private const long SampledRows = 4_000;

    /// <summary>Up to so many rows all are counted: some 30 ms.</summary>
    internal long CountedRows { get; init; } = 50_000;

    public string Product => "SQLite";

    public Task<StatusShares> ReadStatusAsync(CancellationToken ct) => store.ReadAsync("read statuses", session =>
    {
        var (first, rows) = ReadExtent(session);
        if (rows <= CountedRows) return new StatusShares(Read(session.Prepare(Sql.Count)), SampledRows: null);

        var sample = Read(session.Prepare(Sql.Sample).Bind(first).Bind(rows).Bind(Math.Min(rows, SampledRows)));
        return StatusShares.Estimated(sample, rows);
    }, ct);

    public Task<StoreSize> ReadSizeAsync(CancellationToken ct) =>
        store.ReadAsync("read sizes", _ => new StoreSize(store.FileBytes, [], null, null, null), ct);

    /// <summary>Positions have no gaps to speak of: rows come at the end and go from the beginning.</summary>
    private static (long First, long Rows) ReadExtent(SqliteSession session)
    {
        using var row = session.Prepare(Sql.Extent);
        row.Step();
        return row.IsNull(0) ? (0, 0) : (row.Int64(0), row.Int64(1) - row.Int64(0) + 1);
    }

    private static List<StatusCount> Read(SqliteStatement statement)
    {
        using var rows = statement;
        var counts = new List<StatusCount>();
        while (rows.Step()) counts.Add(new StatusCount(rows.Text(0), rows.Int64(1)));
        return counts;
    }

    private static class Sql
    {
        public const string Extent = "SELECT (SELECT min(position) FROM notifications), (SELECT max(position) FROM notifications)";

        public const string Count = "SELECT status, count(*) FROM notification_status GROUP BY status ORDER BY status";

        // At even distances. The status of each is looked up by its key.
        public const string Sample = """
            WITH RECURSIVE step (n) AS (SELECT 0 UNION ALL SELECT n + 1 FROM step WHERE n + 1 < ?3)
            SELECT status, count(*) FROM (
                SELECT (SELECT v.status FROM notification_status v WHERE v.user_id = n.user_id AND v.seq = n.seq) AS status
                FROM step CROSS JOIN notifications n ON n.position = ?1 + step.n * ?2 / ?3)
            GROUP BY status ORDER BY status
            """;
    }
}
