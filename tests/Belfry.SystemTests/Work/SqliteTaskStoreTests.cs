using Belfry.Mailboxes;
using Belfry.SystemTests.Mailboxes;
using Belfry.Work;
using Belfry.Work.Sqlite;
using Belfry.Work.Topics;

namespace Belfry.SystemTests.Work;

/// <summary>The contract, held by SQLite.</summary>
public sealed class SqliteTaskStoreTests : TaskStoreContract
{
    private readonly SqliteFile _file = new();

    private protected override Task<(IMailboxStore Mailboxes, ITaskStore Tasks, ITopicStore Topics)> PrepareAsync()
    {
        var store = _file.CreateStore();
        return Task.FromResult<(IMailboxStore, ITaskStore, ITopicStore)>((store, new SqliteTaskStore(store), new SqliteTopicStore(store)));
    }

    private protected override void CleanUp() => _file.Dispose();

    private protected override Task PassTimeAsync(TimeSpan time)
    {
        _file.PassTime(time);
        return Task.CompletedTask;
    }
}
