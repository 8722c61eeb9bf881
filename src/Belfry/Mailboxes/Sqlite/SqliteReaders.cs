using System.Collections.Concurrent;

namespace Belfry.Mailboxes.Sqlite;

/// <summary>Sessions for reading, opened when they are needed and kept. As many as may read at once; the store's gate holds that.</summary>
internal sealed class SqliteReaders(Func<SqliteSession> open) : IDisposable
{
    private readonly ConcurrentBag<SqliteSession> _idle = [];
    private volatile bool _closed;

    /// <summary>Reads with a session that nobody else has. One in which something has failed is not kept.</summary>
    public T Read<T>(Func<SqliteSession, T> work)
    {
        ObjectDisposedException.ThrowIf(_closed, this);
        if (!_idle.TryTake(out var session)) session = open();
        T result;
        try
        {
            result = work(session);
        }
        catch
        {
            session.Dispose();
            throw;
        }

        _idle.Add(session);
        if (_closed) CloseIdle();
        return result;
    }

    public void Dispose()
    {
        _closed = true;
        CloseIdle();
    }

    private void CloseIdle()
    {
        while (_idle.TryTake(out var session)) session.Dispose();
    }
}
