using Belfry.Mailboxes;
using Xunit;

namespace Belfry.SystemTests.Mailboxes;

/// <summary>
/// What every mailbox store promises, tried with the real one. A subclass for each store brings the store and the levers that
/// some promises need: another process on the same data, a clock that can be moved, a backup that is restored. Each test
/// begins with an empty store.
/// </summary>
public abstract partial class MailboxStoreContract : IAsyncLifetime
{
    private readonly List<IMailboxStore> _stores = [];

    private protected static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    private protected IMailboxStore Store => _stores[0];

    public async ValueTask InitializeAsync()
    {
        await PrepareAsync();
        await OpenAsync();
    }

    public async ValueTask DisposeAsync()
    {
        await CloseAllAsync();
        await CleanUpAsync();
        GC.SuppressFinalize(this);
    }

    /// <summary>Makes the empty place for one test's data.</summary>
    private protected abstract Task PrepareAsync();

    private protected abstract ValueTask CleanUpAsync();

    /// <summary>A store on this test's data, not opened yet.</summary>
    private protected abstract IMailboxStore CreateStore();

    /// <summary>Moves the clock that the store stamps with, also back.</summary>
    private protected abstract Task PassTimeAsync(TimeSpan time);

    /// <summary>Brings about what a restored backup looks like to the next store that is opened. No store is open.</summary>
    private protected abstract Task RestoreBackupAsync();

    /// <summary>Runs SQL beside the store; <c>{0}</c> stands for what comes before a table's name.</summary>
    private protected abstract Task ExecuteAsync(string sql);

    /// <summary>Reads one number beside the store; <c>{0}</c> stands for what comes before a table's name.</summary>
    private protected abstract Task<long> ReadNumberAsync(string sql);

    /// <summary>Opens a store on this test's data: the first one is <see cref="Store"/>, further ones are other processes.</summary>
    private protected async Task<IMailboxStore> OpenAsync()
    {
        var store = CreateStore();
        _stores.Add(store);
        await store.OpenAsync(Cancelled);
        return store;
    }

    /// <summary>Closes all stores and opens one anew, as a restart of the server does.</summary>
    private protected async Task ReopenAsync()
    {
        await CloseAllAsync();
        await OpenAsync();
    }

    private protected async Task CloseAllAsync()
    {
        foreach (var store in _stores) await ((IAsyncDisposable)store).DisposeAsync();
        _stores.Clear();
    }

    private protected Task<IReadOnlyList<Appended>> AppendAsync(params NewNotification[] items) => AppendAsync(Store, items);

    private protected Task<IReadOnlyList<Appended>> AppendAsync(IReadOnlyList<NewNotification> items) => AppendAsync(Store, items);

    private protected static async Task<IReadOnlyList<Appended>> AppendAsync(IMailboxStore store, IReadOnlyList<NewNotification> items)
    {
        var result = await store.AppendAsync(AppendBatch.Of(items), Cancelled);
        return Assert.IsType<AppendResult.Stored>(result).Answers;
    }

    /// <summary>The whole mailbox, page by page.</summary>
    private protected async Task<List<StoredNotification>> ReadAllAsync(string userId, long after = 0, int pageRows = 1000)
    {
        var all = new List<StoredNotification>();
        while (await Store.ReadAfterAsync(userId, after, pageRows, 256 * 1024, Cancelled) is { Count: > 0 } page)
        {
            all.AddRange(page);
            after = page[^1].Seq;
        }

        return all;
    }

    private protected async Task<StoredNotification> ReadOneAsync(string userId) => Assert.Single(await ReadAllAsync(userId));

    /// <summary>Seqs of a mailbox that has everything from the first on.</summary>
    private protected static IEnumerable<long> Seqs(long first, long last) =>
        Enumerable.Range(0, (int)(last - first + 1)).Select(i => first + i);

    /// <summary>No two rows with one place, in the whole store.</summary>
    private protected async Task AssertSeqsAreUniqueAsync() =>
        Assert.Equal(0, await ReadNumberAsync("SELECT count(*) FROM (SELECT 1 FROM {0}notifications GROUP BY user_id, seq HAVING count(*) > 1) AS doubles"));
}
