using Belfry.Mailboxes;
using Belfry.SystemTests.Mailboxes;
using Belfry.Work;
using Belfry.Work.Sqlite;
using Belfry.Work.Webhooks;
using Xunit;

namespace Belfry.SystemTests.Work.Webhooks;

/// <summary>The contract, held by SQLite.</summary>
public sealed class SqliteWebhookTests : WebhookContract
{
    private readonly SqliteFile _file = new();

    [Fact]
    public async Task A_position_that_is_given_out_again_is_looked_at_again()
    {
        await ScanAsync();
        await AppendAsync([.. Events.Several("ann", 5)]);
        await PassTimeAsync(After + TimeSpan.FromSeconds(1));
        Assert.Equal(5, (await ScanAsync()).Added);

        // All that there was is older than the retention time.
        await PassTimeAsync(TimeSpan.FromDays(2));
        await Mailboxes.MaintainAsync(TimeSpan.FromDays(1), Cancelled);
        await AppendAsync(Events.New("bob"));
        await PassTimeAsync(After + TimeSpan.FromSeconds(1));

        Assert.Equal(1, (await ScanAsync()).Added);
    }

    private protected override Task<(IMailboxStore Mailboxes, ITaskStore Tasks, IWebhookStore Webhooks)> PrepareAsync()
    {
        var store = _file.CreateStore();
        return Task.FromResult<(IMailboxStore, ITaskStore, IWebhookStore)>((store, new SqliteTaskStore(store), new SqliteWebhookStore(store)));
    }

    private protected override void CleanUp() => _file.Dispose();

    private protected override Task PassTimeAsync(TimeSpan time)
    {
        _file.PassTime(time);
        return Task.CompletedTask;
    }
}
