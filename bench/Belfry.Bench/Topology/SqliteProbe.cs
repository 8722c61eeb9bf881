using Belfry.Bench.Checker;
using Microsoft.Data.Sqlite;

namespace Belfry.Bench.Topology;

/// <summary>Looks into Belfry's SQLite file while the server has it open.</summary>
internal sealed class SqliteProbe : StoreProbe
{
    private const string Rows = "SELECT user_id, payload ->> 'n', seq, received_at FROM notifications WHERE user_id >= $from AND user_id < $to";
    private const string Count = "SELECT count(*) FROM notifications WHERE user_id >= $from AND user_id < $to";
    private const string Status = "SELECT status, count(*) FROM notification_status WHERE user_id >= $from AND user_id < $to GROUP BY status";
    private const string Offsets = "SELECT partition, next_offset FROM kafka_offsets WHERE topic = $topic";

    private readonly string _path;
    private readonly string _connectionString;

    public SqliteProbe(string path)
    {
        _path = path;
        _connectionString = new SqliteConnectionStringBuilder { DataSource = path, Mode = SqliteOpenMode.ReadOnly, Pooling = false, DefaultTimeout = 60 }.ConnectionString;
    }

    public override Task<string> ReadVersionAsync(CancellationToken ct) => ReadAsync("SELECT 'SQLite ' || sqlite_version()", [], row => row.GetString(0), ct);

    public override Task<long> CountAsync(UserSet users, CancellationToken ct) => ReadAsync(Count, RangeOf(users), row => row.GetInt64(0), ct);

    public override Task ReadAsync(UserSet users, StoredLog log, CancellationToken ct) => ReadAllAsync(Rows, RangeOf(users), row =>
    {
        if (users.TryFind(row.GetString(0), out var user)) log.Add(user, row.GetInt32(1), row.GetInt64(2), row.GetInt64(3));
    }, ct);

    public override async Task<IReadOnlyDictionary<string, long>> ReadStatusAsync(UserSet users, CancellationToken ct)
    {
        var counts = new SortedDictionary<string, long>();
        await ReadAllAsync(Status, RangeOf(users), row => counts[row.GetString(0)] = row.GetInt64(1), ct);
        return counts;
    }

    /// <summary>SQLite has no row versions; its log is a file that is written over.</summary>
    public override Task<StoreFigures> ReadFiguresAsync(CancellationToken ct) =>
        Task.FromResult(new StoreFigures(DeadTuples: 0, WalBytes: 0, LengthOf(_path) + LengthOf(_path + "-wal")));

    public override async Task<IReadOnlyDictionary<int, long>?> ReadOffsetsAsync(string topic, CancellationToken ct)
    {
        var offsets = new Dictionary<int, long>();
        await ReadAllAsync(Offsets, [("$topic", topic)], row => offsets[row.GetInt32(0)] = row.GetInt64(1), ct);
        return offsets;
    }

    public override ValueTask DisposeAsync() => ValueTask.CompletedTask;

    private async Task<T> ReadAsync<T>(string sql, (string, string)[] parameters, Func<SqliteDataReader, T> read, CancellationToken ct)
    {
        T? result = default;
        await ReadAllAsync(sql, parameters, row => result = read(row), ct);
        return result!;
    }

    private async Task ReadAllAsync(string sql, (string Name, string Value)[] parameters, Action<SqliteDataReader> read, CancellationToken ct)
    {
        await using var connection = new SqliteConnection(_connectionString);
        await connection.OpenAsync(ct);
        await using var command = connection.CreateCommand();
        command.CommandText = sql;
        foreach (var (name, value) in parameters) command.Parameters.AddWithValue(name, value);
        await using var rows = await command.ExecuteReaderAsync(ct);
        while (await rows.ReadAsync(ct)) read(rows);
    }

    /// <summary>The run's users by the index of user_id; behind the digits of a number comes the colon.</summary>
    private static (string Name, string Value)[] RangeOf(UserSet users) => [("$from", users.Prefix), ("$to", users.Prefix + ":")];

    private static long LengthOf(string path) => File.Exists(path) ? new FileInfo(path).Length : 0;
}
