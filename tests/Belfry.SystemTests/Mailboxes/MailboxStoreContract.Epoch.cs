using Xunit;

namespace Belfry.SystemTests.Mailboxes;

/// <summary>The name of the store's history.</summary>
public abstract partial class MailboxStoreContract
{
    [Fact]
    public async Task An_epoch_has_the_form_that_a_cursor_can_carry()
    {
        Assert.Matches("^[0-9a-z]{1,32}$", Store.Epoch);
        Assert.Equal("", CreateStore().Epoch);
        await Store.PingAsync(Cancelled);
    }

    [Fact]
    public async Task An_epoch_stays_over_restarts_and_repeated_openings()
    {
        var epoch = Store.Epoch;
        Store.EpochChanged += () => Assert.Fail("nothing has changed");
        await AppendAsync(Events.Several("a", 3));
        await Store.OpenAsync(Cancelled);
        await Store.PingAsync(Cancelled);
        Assert.Equal(epoch, Store.Epoch);

        for (var i = 0; i < 3; i++)
        {
            await ReopenAsync();
            Assert.Equal(epoch, Store.Epoch);
        }

        Assert.Equal(epoch, (await OpenAsync()).Epoch);
        await Store.PingAsync(Cancelled);
        Assert.Equal(epoch, Store.Epoch);
    }

    [Fact]
    public async Task A_repeated_opening_keeps_what_is_stored()
    {
        await AppendAsync(Events.Several("a", 3));
        await Store.OpenAsync(Cancelled);

        Assert.Equal([4], (await AppendAsync(Events.New("a"))).Select(a => a.Seq));
        Assert.Equal(4, (await ReadAllAsync("a")).Count);
    }

    [Fact]
    public async Task A_restored_store_has_a_new_epoch()
    {
        var epoch = Store.Epoch;
        await AppendAsync(Events.Several("a", 3));
        await CloseAllAsync();
        await RestoreBackupAsync();

        var restored = await OpenAsync();

        Assert.NotEqual(epoch, restored.Epoch);
        var renewed = restored.Epoch;
        await ReopenAsync();
        Assert.Equal(renewed, Store.Epoch);
    }

    [Fact]
    public async Task A_renewed_epoch_is_new_is_told_and_stays()
    {
        var old = Store.Epoch;
        var changes = 0;
        Store.EpochChanged += () => changes++;
        await AppendAsync(Events.Several("a", 3));

        var renewed = await Store.RenewEpochAsync(Cancelled);

        Assert.NotEqual(old, renewed);
        Assert.Equal(renewed, Store.Epoch);
        Assert.Equal(1, changes);
        Assert.Equal([4], (await AppendAsync(Events.New("a"))).Select(a => a.Seq));
        await ReopenAsync();
        Assert.Equal(renewed, Store.Epoch);
    }

    [Fact]
    public async Task An_epoch_renewed_twice_is_another_one_each_time()
    {
        var epochs = new HashSet<string> { Store.Epoch };
        for (var i = 0; i < 3; i++) Assert.True(epochs.Add(await Store.RenewEpochAsync(Cancelled)));
    }
}
