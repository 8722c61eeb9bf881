using Xunit;

namespace Belfry.SystemTests.Mailboxes;

/// <summary>What has come in behind several places at once.</summary>
public abstract partial class MailboxStoreContract
{
    [Fact]
    public async Task What_is_new_is_read_for_many_at_once_and_each_in_order()
    {
        await AppendAsync(Events.Several("a", 5));
        await AppendAsync(Events.Several("b", 3));
        await AppendAsync(Events.Several("c", 2));

        var page = await Store.ReadNewAsync([new("a", 2), new("b", 0), new("c", 2), new("nobody", 0)], 100, int.MaxValue, Cancelled);

        Assert.True(page.IsComplete);
        Assert.Equal([("a", 3), ("a", 4), ("a", 5), ("b", 1), ("b", 2), ("b", 3)], page.Rows.Select(r => (r.Row.Content.UserId, r.Row.Seq)));
        Assert.All(page.Rows, r => Assert.Equal(0, r.Generation));
        Assert.Equal((await ReadAllAsync("a", after: 2)).Select(r => r.Content.NotificationId), page.Rows.Take(3).Select(r => r.Row.Content.NotificationId));
    }

    [Fact]
    public async Task Of_each_user_come_so_many_at_most()
    {
        await AppendAsync(Events.Several("a", 50));
        await AppendAsync(Events.Several("b", 50));

        var page = await Store.ReadNewAsync([new("a", 10), new("b", 0)], 7, int.MaxValue, Cancelled);

        Assert.True(page.IsComplete);
        Assert.Equal(Seqs(11, 17), page.Rows.Where(r => r.Row.Content.UserId == "a").Select(r => r.Row.Seq));
        Assert.Equal(Seqs(1, 7), page.Rows.Where(r => r.Row.Content.UserId == "b").Select(r => r.Row.Seq));
    }

    [Fact]
    public async Task What_would_be_too_large_ends_early_and_says_so()
    {
        var payload = $"\"{new string('x', 9_998)}\"";
        for (var i = 0; i < 10; i++) await AppendAsync(Events.New("a", payload: payload), Events.New("b", payload: payload));

        var page = await Store.ReadNewAsync([new("a", 0), new("b", 0)], 100, 45_000, Cancelled);

        Assert.False(page.IsComplete);
        Assert.InRange(page.Rows.Count, 4, 6);
    }
}
