namespace Belfry.Mailboxes.Sqlite;

/// <summary>A write transaction from its begin; what is not committed when it is disposed is rolled back.</summary>
internal sealed class SqliteWrite : IDisposable
{
    private readonly SqliteSession _session;
    private bool _committed;

    public SqliteWrite(SqliteSession session)
    {
        _session = session;
        // At once: a transaction that became a writer only later could find that another one was faster.
        session.Prepare("BEGIN IMMEDIATE").Run();
    }

    /// <summary>On disk when it returns.</summary>
    public void Commit()
    {
        _session.Prepare("COMMIT").Run();
        _committed = true;
    }

    public void Dispose()
    {
        if (!_committed) _session.Rollback();
    }
}
