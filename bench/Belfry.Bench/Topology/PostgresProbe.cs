using Belfry.Bench.Checker;
using Npgsql;

namespace Belfry.Bench.Topology;

/// <summary>Looks into PostgreSQL.</summary>
internal sealed class PostgresProbe : StoreProbe
{
    private const string Version = "SELECT 'PostgreSQL ' || current_setting('server_version')";

    private const string Figures = """
        SELECT (SELECT coalesce(sum(n_dead_tup), 0)::bigint FROM pg_stat_user_tables WHERE schemaname = $1),
               pg_wal_lsn_diff(pg_current_wal_lsn(), '0/0')::bigint,
               pg_database_size(current_database())
        """;

    private readonly NpgsqlDataSource _source;
    private readonly PostgresQueries _queries;

    public PostgresProbe(string connectionString, PostgresQueries queries)
    {
        _queries = queries;
        var settings = new NpgsqlConnectionStringBuilder(connectionString) { MaxPoolSize = 2, CommandTimeout = 300, ApplicationName = "belfry-bench" };
        _source = NpgsqlDataSource.Create(settings);
    }

    public override async Task<string> ReadVersionAsync(CancellationToken ct)
    {
        await using var command = _source.CreateCommand(Version);
        return (string)(await command.ExecuteScalarAsync(ct))!;
    }

    public override async Task<long> CountAsync(UserSet users, CancellationToken ct)
    {
        await using var command = Command(_queries.Count, LikeOf(users));
        return (long)(await command.ExecuteScalarAsync(ct))!;
    }

    public override async Task ReadAsync(UserSet users, StoredLog log, CancellationToken ct)
    {
        await using var command = Command(_queries.Rows, LikeOf(users));
        await using var rows = await command.ExecuteReaderAsync(ct);
        while (await rows.ReadAsync(ct))
        {
            if (!users.TryFind(rows.GetString(0), out var user)) continue;
            log.Add(user, rows.GetInt32(1), rows.GetInt64(2), BenchClock.Of(new DateTimeOffset(rows.GetDateTime(3), TimeSpan.Zero)));
        }
    }

    public override async Task<IReadOnlyDictionary<string, long>> ReadStatusAsync(UserSet users, CancellationToken ct)
    {
        var counts = new SortedDictionary<string, long>();
        await using var command = Command(_queries.Status, LikeOf(users));
        await using var rows = await command.ExecuteReaderAsync(ct);
        while (await rows.ReadAsync(ct)) counts[rows.GetString(0)] = rows.GetInt64(1);
        return counts;
    }

    public override async Task<StoreFigures> ReadFiguresAsync(CancellationToken ct)
    {
        await using var command = Command(Figures, _queries.Schema);
        await using var row = await command.ExecuteReaderAsync(ct);
        await row.ReadAsync(ct);
        return new StoreFigures(row.GetInt64(0), row.GetInt64(1), row.GetInt64(2));
    }

    public override async Task<IReadOnlyDictionary<int, long>?> ReadOffsetsAsync(string topic, CancellationToken ct)
    {
        if (_queries.Offsets is null) return null;
        var offsets = new Dictionary<int, long>();
        await using var command = Command(_queries.Offsets, topic);
        await using var rows = await command.ExecuteReaderAsync(ct);
        while (await rows.ReadAsync(ct)) offsets[rows.GetInt32(0)] = rows.GetInt64(1);
        return offsets;
    }

    public override ValueTask DisposeAsync() => _source.DisposeAsync();

    private NpgsqlCommand Command(string sql, string parameter)
    {
        var command = _source.CreateCommand(sql);
        command.Parameters.Add(new NpgsqlParameter<string> { TypedValue = parameter });
        return command;
    }

    private static string LikeOf(UserSet users) => users.Prefix + "%";
}
