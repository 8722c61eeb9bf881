namespace Belfry.Mailboxes.Sqlite;

/// <summary>
/// The epoch and its witness: a counter that stands in the database and in a file beside it. Every opening raises both, and so
/// does a growing log, the database first. So the database is never behind, and at most one ahead, and only until the next
/// opening: any other difference means that one of the two was restored.
/// </summary>
internal sealed partial class SqliteMailboxStore
{
    /// <summary>What was stored in this last time before a crash and a restore may be lost without a trace.</summary>
    private static readonly TimeSpan RaiseInterval = TimeSpan.FromSeconds(10);

    private volatile string _epoch = "";

    // Behind the write gate, as all that follows.
    private long _counter;
    private bool _grown;
    private long _raisedAt;

    public string Epoch => _epoch;

    public event Action? EpochChanged;

    private bool RaiseIsDue => _grown && _time.GetElapsedTime(_raisedAt) >= RaiseInterval;

    public Task<string> RenewEpochAsync(CancellationToken ct) =>
        WriteAsync("renew the epoch", session =>
        {
            EnterHistory(session, renew: "it was asked for");
            return _epoch;
        }, ct);

    /// <summary>
    /// Looks at the file through a connection of its own as well, so that one that was moved away, deleted or replaced under the
    /// open ones is noticed; and raises the counter for what a log that has become quiet was given last.
    /// </summary>
    public Task PingAsync(CancellationToken ct) =>
        WriteAsync("ping", session =>
        {
            using (var outside = OpenSession(ReaderCacheKilobytes))
            {
                if (ReadStore(outside).Counter < _counter) throw new IOException("it is not the file that was opened");
            }

            Begin(session).Dispose();
            if (RaiseIsDue) EnterHistory(session);
            return true;
        }, ct);

    /// <summary>A write transaction, in a history that this process knows.</summary>
    internal SqliteWrite Begin(SqliteSession session)
    {
        while (true)
        {
            var write = session.BeginWrite();
            try
            {
                var (epoch, counter) = ReadStore(session);
                if (counter >= _counter)
                {
                    // More than known: another process has raised it, and perhaps given the store a new epoch.
                    _counter = counter;
                    Enter(epoch);
                    return write;
                }
            }
            catch
            {
                write.Dispose();
                throw;
            }

            // Less: a backup was restored into the open file, and there is more to do before anything may be stored in it.
            write.Dispose();
            EnterHistory(session);
        }
    }

    /// <summary>Compares the two counters, raises them, and takes the epoch: the stored one, or a new one if there is a reason.</summary>
    private void EnterHistory(SqliteSession session, string? renew = null)
    {
        string epoch, old;
        using (var write = session.BeginWrite())
        {
            (old, var counter) = ReadStore(session);
            var beside = _witness.Read();
            renew ??= counter < _counter ? "the database is older than it was while this process had it open: it was restored" : Judge(counter, beside);
            epoch = renew is null && old.Length > 0 ? old : MailboxEpoch.NewStoreEpoch();

            // What the last raise has left undone, before the database goes one further.
            if (counter == beside + 1) _witness.Write(counter);
            session.Prepare(Sql.WriteStore).Bind(epoch).Bind(Math.Max(counter, beside ?? 0) + 1).Bind(Now).Run();
            write.Commit();
        }

        // Under the lock again, so that of two processes the later one does not write the smaller number.
        using (session.BeginWrite())
        {
            (_, var counter) = ReadStore(session);
            _witness.Write(counter);
            _counter = counter;
        }

        _grown = false;
        _raisedAt = _time.GetTimestamp();
        if (renew is not null) Log.Renewed(_log, epoch, old, renew);
        Enter(epoch);
    }

    /// <summary>Why this is another history by the two counters; null when it is the one that goes on, or when there was none.</summary>
    private static string? Judge(long counter, long? beside) => (counter, beside) switch
    {
        (0, null) => null,
        (_, null) => "the file beside the database, with its counter, is missing",
        var (inside, outside) when inside < outside => "the database is older than the counter beside it: it was restored, or is gone",
        var (inside, outside) when inside > outside + 1 => "the counter beside the database is older than the database: it was restored",
        _ => null,
    };

    /// <summary>After a commit; its failure is not the append's, which is stored.</summary>
    private void RaiseCounter(SqliteSession session)
    {
        try
        {
            EnterHistory(session);
        }
        catch (Exception e) when (SqliteErrors.IsUnavailable(e))
        {
            Log.NotRaised(_log, e.Message);
            CloseWriter();
        }
    }

    private void Enter(string epoch)
    {
        var old = _epoch;
        if (old == epoch) return;

        _epoch = epoch;
        Log.Entered(_log, epoch);
        if (old.Length > 0) EpochChanged?.Invoke();
    }

    /// <summary>The epoch and the counter; of a new store an empty name and 0.</summary>
    private static (string Epoch, long Counter) ReadStore(SqliteSession session)
    {
        using var row = session.Prepare(Sql.ReadStore);
        return row.Step() ? (row.Text(0), row.Int64(1)) : ("", 0);
    }

    private static partial class Sql
    {
        public const string ReadStore = "SELECT epoch, counter FROM store";

        public const string WriteStore = """
            INSERT INTO store (only_row, epoch, counter, changed_at) VALUES (1, ?1, ?2, ?3)
            ON CONFLICT DO UPDATE SET epoch = excluded.epoch, counter = excluded.counter,
                changed_at = CASE WHEN epoch = excluded.epoch THEN changed_at ELSE excluded.changed_at END
            """;
    }
}
