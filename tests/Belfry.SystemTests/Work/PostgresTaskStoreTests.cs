using Belfry.Mailboxes;
using Belfry.SystemTests.Mailboxes;
using Belfry.Work;
using Belfry.Work.Postgres;
using Belfry.Work.Topics;

namespace Belfry.SystemTests.Work;

/// <summary>The contract, held by PostgreSQL.</summary>
public sealed class PostgresTaskStoreTests(SharedPostgres postgres) : TaskStoreContract
{
    private PostgresDatabase _database = null!;

    private protected override async Task<(IMailboxStore Mailboxes, ITaskStore Tasks, ITopicStore Topics)> PrepareAsync()
    {
        _database = new PostgresDatabase(await postgres.CreateDatabaseAsync(Cancelled));
        var store = _database.CreateStore();
        return (store, new PostgresTaskStore(store), new PostgresTopicStore(store));
    }

    private protected override void CleanUp()
    {
        // The server removes its databases.
    }

    private protected override Task PassTimeAsync(TimeSpan time) => _database.PassTimeAsync(time, Cancelled);
}
