using Belfry.Mailboxes;
using Belfry.Mailboxes.Postgres;
using Belfry.Mailboxes.Sqlite;
using Belfry.Settings;
using Belfry.SystemTests.Mailboxes;
using Belfry.Work;
using Belfry.Work.Postgres;
using Belfry.Work.Sqlite;
using Belfry.Work.Topics;
using Belfry.Work.Trace;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using Xunit;

namespace Belfry.SystemTests.DeadLetters;

/// <summary>All that keeps something of an event, in one empty database of either kind, with the levers that tests need.</summary>
internal sealed record StoreWorld(
    IMailboxStore Mailboxes, IDeadRecordStore Records, ITaskStore Tasks, ITraceStore Trace, ITopicStore Topics, Func<TimeSpan, Task> PassTimeAsync, Action CleanUp)
    : IAsyncDisposable
{
    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    public static async Task<StoreWorld> OpenPostgresAsync(SharedPostgres postgres) => await OpenPostgresAsync(await postgres.CreateDatabaseAsync(Cancelled));

    public static async Task<StoreWorld> OpenPostgresAsync(string connectionString)
    {
        var database = new PostgresDatabase(connectionString);
        var store = database.CreateStore();
        await store.OpenAsync(Cancelled);
        return new StoreWorld(
            store, new PostgresDeadRecordStore(store), new PostgresTaskStore(store), new PostgresTraceStore(store), new PostgresTopicStore(store),
            time => database.PassTimeAsync(time, Cancelled), () => { });
    }

    public static Task<StoreWorld> OpenSqliteAsync()
    {
        var file = new SqliteFile();
        return OpenSqliteAsync(file.CreateStore(), file.PassTime, file.Dispose);
    }

    /// <summary>On a file that another process has, by the clock of this machine.</summary>
    public static Task<StoreWorld> OpenSqliteAsync(string path) => OpenSqliteAsync(
        new SqliteMailboxStore(
            Options.Create(new SqliteOptions { Path = path }), Options.Create(new DataOptions()), TimeProvider.System, NullLogger<SqliteMailboxStore>.Instance),
        _ => throw new NotSupportedException(),
        () => { });

    private static async Task<StoreWorld> OpenSqliteAsync(SqliteMailboxStore store, Action<TimeSpan> passTime, Action cleanUp)
    {
        await store.OpenAsync(Cancelled);
        return new StoreWorld(
            store, new SqliteDeadRecordStore(store), new SqliteTaskStore(store), new SqliteTraceStore(store), new SqliteTopicStore(store),
            time =>
            {
                passTime(time);
                return Task.CompletedTask;
            },
            cleanUp);
    }

    public async ValueTask DisposeAsync()
    {
        await ((IAsyncDisposable)Mailboxes).DisposeAsync();
        CleanUp();
    }
}
