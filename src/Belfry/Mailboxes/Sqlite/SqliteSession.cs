using Microsoft.Data.Sqlite;
using SQLitePCL;

namespace Belfry.Mailboxes.Sqlite;

/// <summary>One connection with its prepared statements. Whoever has it uses it alone.</summary>
internal sealed class SqliteSession : IDisposable
{
    private const string Settings = """
        PRAGMA journal_mode = WAL;
        PRAGMA synchronous = FULL;
        PRAGMA fullfsync = ON;
        PRAGMA temp_store = MEMORY;
        PRAGMA wal_autocheckpoint = 4000;
        PRAGMA journal_size_limit = 67108864;
        """;

    private readonly SqliteConnection _connection;
    private readonly Dictionary<string, SqliteStatement> _statements = new(StringComparer.Ordinal);

    private SqliteSession(SqliteConnection connection) => _connection = connection;

    /// <summary>How many rows the last statement has changed.</summary>
    public int Changes => raw.sqlite3_changes(_connection.Handle!);

    /// <summary>Opens a file that is there.</summary>
    public static SqliteSession Open(string path, TimeSpan lockTimeout, int cacheKilobytes)
    {
        var session = new SqliteSession(OpenConnection(path, SqliteOpenMode.ReadWrite, lockTimeout));
        try
        {
            session.Execute($"PRAGMA cache_size = -{cacheKilobytes}");
            return session;
        }
        catch
        {
            session.Dispose();
            throw;
        }
    }

    public static SqliteConnection OpenConnection(string path, SqliteOpenMode mode, TimeSpan lockTimeout)
    {
        var text = new SqliteConnectionStringBuilder
        {
            DataSource = path,
            Mode = mode,
            // The connections and their statements are kept by this store itself.
            Pooling = false,
            DefaultTimeout = (int)Math.Ceiling(lockTimeout.TotalSeconds),
        };
        var connection = new SqliteConnection(text.ConnectionString);
        try
        {
            connection.Open();
            Execute(connection, $"PRAGMA busy_timeout = {(int)lockTimeout.TotalMilliseconds}");
            Execute(connection, Settings);
            return connection;
        }
        catch
        {
            connection.Dispose();
            throw;
        }
    }

    /// <summary>The statement, ready to be bound; prepared at its first use.</summary>
    public SqliteStatement Prepare(string sql)
    {
        if (_statements.TryGetValue(sql, out var known)) return known;
        return _statements[sql] = new SqliteStatement(_connection.Handle!, sql);
    }

    /// <summary>Runs what is seldom run.</summary>
    public void Execute(string sql) => Execute(_connection, sql);

    /// <summary>Takes the write lock.</summary>
    public SqliteWrite BeginWrite() => new(this);

    /// <summary>Ends a transaction in which something has failed; SQLite may have done so by itself.</summary>
    public void Rollback()
    {
        if (raw.sqlite3_get_autocommit(_connection.Handle!) == 0) Prepare("ROLLBACK").Run();
    }

    public void Dispose()
    {
        foreach (var statement in _statements.Values) statement.Close();
        _connection.Dispose();
    }

    private static void Execute(SqliteConnection connection, string sql)
    {
        using var command = connection.CreateCommand();
        command.CommandText = sql;
        command.ExecuteNonQuery();
    }
}
