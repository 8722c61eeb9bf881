using Belfry.Mailboxes;
using Belfry.Mailboxes.Postgres;
using Belfry.Mailboxes.Sqlite;
using Belfry.SystemTests.Mailboxes;
using Belfry.Work;
using Belfry.Work.Postgres;
using Belfry.Work.Sqlite;
using Belfry.Work.Trace;
using Xunit;

namespace Belfry.SystemTests.DeadLetters;

/// <summary>All that keeps something of an event, in one empty database of either kind, with the levers that tests need.</summary>
internal sealed record StoreWorld(
    IMailboxStore Mailboxes, IDeadRecordStore Records, ITaskStore Tasks, ITraceStore Trace, Func<TimeSpan, Task> PassTimeAsync, Action CleanUp) : IAsyncDisposable
{
    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    public static async Task<StoreWorld> OpenPostgresAsync(SharedPostgres postgres)
    {
        var database = new PostgresDatabase(await postgres.CreateDatabaseAsync(Cancelled));
        var store = database.CreateStore();
        await store.OpenAsync(Cancelled);
        return new StoreWorld(
            store, new PostgresDeadRecordStore(store), new PostgresTaskStore(store), new PostgresTraceStore(store),
            time => database.PassTimeAsync(time, Cancelled), () => { });
    }

    public static async Task<StoreWorld> OpenSqliteAsync()
    {
        var file = new SqliteFile();
        var store = file.CreateStore();
        await store.OpenAsync(Cancelled);
        return new StoreWorld(
            store, new SqliteDeadRecordStore(store), new SqliteTaskStore(store), new SqliteTraceStore(store),
            time =>
            {
                file.PassTime(time);
                return Task.CompletedTask;
            },
            file.Dispose);
    }

    public async ValueTask DisposeAsync()
    {
        await ((IAsyncDisposable)Mailboxes).DisposeAsync();
        CleanUp();
    }
}
