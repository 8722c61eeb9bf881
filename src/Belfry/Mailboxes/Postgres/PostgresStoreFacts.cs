using Npgsql;

namespace Belfry.Mailboxes.Postgres;

/// <summary>What PostgreSQL says about itself.</summary>
internal sealed class PostgresStoreFacts(PostgresMailboxStore store) : IStoreFacts
{
    // Some thousand rows: shares are right within two points.
    private const double SampledPages = 250;

    /// <summary>Up to this size of the log all is counted. 16 MB: some 100 ms.</summary>
    internal long CountedPages { get; init; } = 2_000;

    public string Product => "PostgreSQL";

    public Task<StatusShares> ReadStatusAsync(CancellationToken ct) => store.UseAsync("read statuses", async connection =>
    {
        var pages = await ReadPagesAsync(connection, ct);
        if (pages <= CountedPages) return new StatusShares(await ReadCountsAsync(connection, Sql.Count, null, ct), SampledRows: null);

        var share = Math.Min(1, SampledPages / pages);
        var sample = await ReadCountsAsync(connection, Sql.Sample, 100 * share, ct);
        return StatusShares.Estimated(sample, sample.Sum(s => s.Count) / share);
    }, ct);

    public Task<StoreSize> ReadSizeAsync(CancellationToken ct) => store.UseAsync("read sizes", async connection =>
    {
        var tables = new List<TableSize>();
        await using (var command = new NpgsqlCommand(Sql.Tables, connection))
        {
            await using var rows = await command.ExecuteReaderAsync(ct);
            while (await rows.ReadAsync(ct)) tables.Add(new TableSize(rows.GetString(0), rows.GetInt64(1), rows.GetInt64(2), rows.GetInt64(3)));
        }

        await using var server = new NpgsqlCommand(Sql.Server, connection);
        await using var row = await server.ExecuteReaderAsync(ct);
        await row.ReadAsync(ct);
        return new StoreSize(row.GetInt64(0), tables, row.GetInt64(1), row.GetInt64(2), row.IsDBNull(3) ? null : TimeSpan.FromSeconds(row.GetDouble(3)));
    }, ct);

    private static async Task<long> ReadPagesAsync(NpgsqlConnection connection, CancellationToken ct)
    {
        await using var command = new NpgsqlCommand(Sql.Pages, connection);
        return (long)(await command.ExecuteScalarAsync(ct))!;
    }

    private static async Task<List<StatusCount>> ReadCountsAsync(NpgsqlConnection connection, string sql, double? percent, CancellationToken ct)
    {
        var counts = new List<StatusCount>();
        await using var command = new NpgsqlCommand(sql, connection);
        if (percent is { } share) command.Parameters.Add(new NpgsqlParameter<double> { TypedValue = share });
        await using var rows = await command.ExecuteReaderAsync(ct);
        while (await rows.ReadAsync(ct)) counts.Add(new StatusCount(rows.GetString(0), rows.GetInt64(1)));
        return counts;
    }

    private static class Sql
    {
        public const string Pages = """
            SELECT coalesce(sum(pg_relation_size(inhrelid)), 0)::bigint / current_setting('block_size')::bigint
            FROM pg_inherits WHERE inhparent = 'belfry.notifications'::regclass
            """;

        public const string Count = "SELECT status, count(*) FROM belfry.notification_status GROUP BY status ORDER BY status";

        // OFFSET 0 keeps the view from being joined to the whole log: it is asked for the sample's rows, one by one.
        public const string Sample = """
            SELECT s.status, count(*)
            FROM belfry.notifications n TABLESAMPLE SYSTEM ($1),
                 LATERAL (SELECT v.status FROM belfry.notification_status v WHERE v.user_id = n.user_id AND v.seq = n.seq OFFSET 0) s
            GROUP BY s.status ORDER BY s.status
            """;

        // A partition counts for the table that it is a part of.
        public const string Tables = """
            SELECT coalesce(p.relname, t.relname)::text AS name, sum(pg_total_relation_size(t.relid))::bigint AS bytes,
                   sum(t.n_live_tup)::bigint, sum(t.n_dead_tup)::bigint
            FROM pg_stat_user_tables t
                 LEFT JOIN pg_inherits i ON i.inhrelid = t.relid LEFT JOIN pg_class p ON p.oid = i.inhparent
            WHERE t.schemaname = 'belfry' GROUP BY 1 ORDER BY 2 DESC, 1 LIMIT 7
            """;

        public const string Server = """
            SELECT pg_database_size(current_database()), count(*) FILTER (WHERE backend_type = 'client backend'),
                   current_setting('max_connections')::bigint,
                   extract(epoch FROM clock_timestamp() - min(xact_start) FILTER (WHERE backend_type = 'client backend' AND pid <> pg_backend_pid()))::float8
            FROM pg_stat_activity
            """;
    }
}
