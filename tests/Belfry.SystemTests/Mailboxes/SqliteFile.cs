using Belfry.Mailboxes.Sqlite;
using Belfry.Servers;
using Belfry.Settings;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using Microsoft.Extensions.Time.Testing;

namespace Belfry.SystemTests.Mailboxes;

/// <summary>A throw-away SQLite file, with the clock of the stores that use it.</summary>
internal sealed class SqliteFile : IDisposable
{
    private readonly TemporaryFolder _folder = TemporaryFolder.Create("sqlite");

    // Begins now, because what works on the store may go by the real clock, as webhooks do.
    private readonly FakeTimeProvider _time = new(TimeProvider.System.GetUtcNow());

    public string Folder => _folder.Path;

    public string Path => _folder.Combine("belfry.db");

    public string Beside => Path + ".epoch";

    public SqliteMailboxStore CreateStore(TimeSpan? lockTimeout = null) => CreateStore(Path, lockTimeout);

    /// <summary>A store on another file, with the same clock.</summary>
    public SqliteMailboxStore CreateStore(string path, TimeSpan? lockTimeout = null) =>
        new(
            Options.Create(new SqliteOptions { Path = path, LockTimeout = lockTimeout ?? TimeSpan.FromSeconds(30) }),
            Options.Create(new DataOptions()),
            _time,
            NullLogger<SqliteMailboxStore>.Instance);

    public void PassTime(TimeSpan time)
    {
        if (time >= TimeSpan.Zero) _time.Advance(time);
        else _time.AdjustTime(_time.GetUtcNow() + time);
    }

    public void Dispose() => _folder.Dispose();
}
