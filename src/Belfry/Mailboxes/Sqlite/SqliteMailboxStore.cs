using System.Diagnostics.CodeAnalysis;
using Belfry.Mailboxes.Migrations;
using Belfry.Settings;
using Microsoft.Data.Sqlite;
using Microsoft.Extensions.Options;

namespace Belfry.Mailboxes.Sqlite;

/// <summary>
/// The mailboxes in one SQLite file of this machine. One session writes, one call at a time; some read beside it. Its clock is
/// the <see cref="TimeProvider"/>. SQLite's calls block: never the writer's caller, and at most <see cref="MaxReaders"/>
/// threads of those who read.
/// </summary>
/// <remarks>
/// A write that fails, other than on another program's lock, closes the writer, and nothing is taken until the file has been
/// opened again, which is itself a write. So <see cref="PingAsync"/> says that the store answers only when it can store.
/// </remarks>
internal sealed partial class SqliteMailboxStore : IMailboxStore, IAsyncDisposable
{
    private const int MaxReaders = 8;
    private const int WriterCacheKilobytes = 64 * 1024;
    private const int ReaderCacheKilobytes = 8 * 1024;

    private readonly string _path;
    private readonly TimeSpan _lockTimeout;
    private readonly TimeProvider _time;
    private readonly ILogger<SqliteMailboxStore> _log;
    private readonly EpochWitness _witness;
    private readonly SemaphoreSlim _writeGate = new(1);
    private readonly SemaphoreSlim _readGate = new(MaxReaders);

    // Behind the write gate.
    private SqliteSession? _writer;

    private volatile SqliteReaders? _readers;

    public SqliteMailboxStore(
        IOptions<SqliteOptions> options, IOptions<DataOptions> data, TimeProvider time, ILogger<SqliteMailboxStore> log)
    {
        _path = options.Value.ResolvePath(data.Value);
        _lockTimeout = options.Value.LockTimeout;
        _time = time;
        _log = log;
        _witness = new EpochWitness(_path);
    }

    public int? MaxLanes => 1;

    /// <summary>What is stored now gets this time, if the clock has not gone back.</summary>
    internal long Now => UnixMicroseconds.From(_time.GetUtcNow().UtcDateTime);

    /// <summary>The database and its write-ahead log.</summary>
    internal long FileBytes => new[] { _path, _path + "-wal" }.Select(path => new FileInfo(path)).Where(file => file.Exists).Sum(file => file.Length);

    public Task OpenAsync(CancellationToken ct) =>
        InTurnAsync("open", () =>
        {
            CloseWriter();
            Directory.CreateDirectory(Path.GetDirectoryName(_path)!);
            using (var connection = SqliteSession.OpenConnection(_path, SqliteOpenMode.ReadWriteCreate, _lockTimeout))
            {
                StoreMigrations.Run(connection, "Belfry.Mailboxes.Sqlite.Migrations", schema: null, _log);
            }

            var writer = OpenSession(WriterCacheKilobytes);
            try
            {
                EnterHistory(writer);
            }
            catch
            {
                writer.Dispose();
                throw;
            }

            _writer = writer;
            // Only now: while a full disk keeps the store from being opened, what it has can still be read.
            _readers?.Dispose();
            _readers = new SqliteReaders(() => OpenSession(ReaderCacheKilobytes));
            return true;
        }, ct);

    public async ValueTask DisposeAsync()
    {
        await _writeGate.WaitAsync();
        try
        {
            if (_writer is not null && _grown) RaiseCounter(_writer);
        }
        finally
        {
            CloseWriter();
            _readers?.Dispose();
            _writeGate.Release();
        }
    }

    private SqliteSession OpenSession(int cacheKilobytes) => SqliteSession.Open(_path, _lockTimeout, cacheKilobytes);

    private void CloseWriter()
    {
        _writer?.Dispose();
        _writer = null;
    }

    /// <summary>One call that writes. The work makes its own transaction with <see cref="Begin"/>.</summary>
    internal Task<T> WriteAsync<T>(string what, Func<SqliteSession, T> work, CancellationToken ct) =>
        InTurnAsync(what, () =>
        {
            if (_writer is null) ThrowNotOpen(what);
            try
            {
                return work(_writer);
            }
            catch (Exception e) when (!SqliteErrors.IsBusy(e))
            {
                CloseWriter();
                throw;
            }
        }, ct);

    /// <summary>Waits for the writer's turn; the work runs on a thread of the pool, however quickly the turn came.</summary>
    private async Task<T> InTurnAsync<T>(string what, Func<T> work, CancellationToken ct)
    {
        if (!await _writeGate.WaitAsync(_lockTimeout, ct).ConfigureAwait(ConfigureAwaitOptions.ForceYielding)) ThrowLate(what);
        try
        {
            return work();
        }
        catch (Exception e) when (SqliteErrors.IsUnavailable(e))
        {
            throw Unavailable(what, e);
        }
        finally
        {
            _writeGate.Release();
        }
    }

    /// <summary>One call that reads, beside the writer and other readers.</summary>
    internal async Task<T> ReadAsync<T>(string what, Func<SqliteSession, T> work, CancellationToken ct)
    {
        if (!await _readGate.WaitAsync(_lockTimeout, ct)) ThrowLate(what);
        try
        {
            if (_readers is not { } readers)
            {
                ThrowNotOpen(what);
                return default;
            }

            return readers.Read(work);
        }
        catch (Exception e) when (SqliteErrors.IsUnavailable(e) || e is ObjectDisposedException)
        {
            throw Unavailable(what, e);
        }
        finally
        {
            _readGate.Release();
        }
    }

    private StoreUnavailableException Unavailable(string what, Exception e) =>
        new($"SQLite ({_path}) did not complete '{what}': {e.Message}", e);

    [DoesNotReturn]
    private static void ThrowLate(string what) => throw new StoreUnavailableException($"SQLite did not come to '{what}' in time.", new TimeoutException());

    [DoesNotReturn]
    private static void ThrowNotOpen(string what) =>
        throw new StoreUnavailableException($"SQLite did not begin '{what}': the file is not open.", new InvalidOperationException("The store is not open."));

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Information, "The store's epoch is {Epoch}")]
        public static partial void Entered(ILogger logger, string epoch);

        [LoggerMessage(2, LogLevel.Warning,
            "The store has a new epoch, {Epoch} (was {Old}): {Reason}. Every client is told that its cursor belongs to another history")]
        public static partial void Renewed(ILogger logger, string epoch, string old, string reason);

        [LoggerMessage(3, LogLevel.Information, "{Rows} notifications were older than the retention time and are gone")]
        public static partial void Removed(ILogger logger, long rows);

        [LoggerMessage(4, LogLevel.Warning, "The counter that tells a restored backup could not be raised; the file is opened anew: {Reason}")]
        public static partial void NotRaised(ILogger logger, string reason);
    }
}
