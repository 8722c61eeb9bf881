using Belfry.Mailboxes;
using Xunit;

namespace Belfry.SystemTests.Mailboxes;

/// <summary>Delivered seqs and the statuses that follow from them.</summary>
public abstract partial class MailboxStoreContract
{
    [Fact]
    public async Task A_delivered_seq_rises_and_never_goes_back()
    {
        await AppendAsync(Events.Several("a", 10));

        foreach (var (moved, expected) in ((long, long)[])[(3, 3), (2, 3), (7, 7), (7, 7), (1, 7)])
        {
            await Store.MoveDeliveredAsync([new Delivered("a", moved)], Cancelled);
            Assert.Equal(expected, (await Store.ReadHeadAsync("a", Cancelled)).DeliveredSeq);
        }

        await ReopenAsync();
        Assert.Equal(7, (await Store.ReadHeadAsync("a", Cancelled)).DeliveredSeq);
    }

    [Fact]
    public async Task Several_users_move_at_once_in_any_order()
    {
        var users = Enumerable.Range(0, 300).Select(i => $"user-{i}").ToList();
        await AppendAsync([.. users.Select(u => Events.New(u))]);
        await Store.MoveDeliveredAsync([], Cancelled);

        await Store.MoveDeliveredAsync([.. users.AsEnumerable().Reverse().Select((u, i) => new Delivered(u, i % 2))], Cancelled);

        Assert.Equal(150, await ReadNumberAsync("SELECT count(*) FROM {0}cursors WHERE delivered_seq = 1"));
    }

    [Fact]
    public async Task Movers_that_meet_leave_the_highest()
    {
        await AppendAsync(Events.Several("a", 100));

        await Task.WhenAll(Enumerable.Range(1, 100).Select(seq => Task.Run(
            () => Store.MoveDeliveredAsync([new Delivered("a", seq), new Delivered("b", 101 - seq)], Cancelled), Cancelled)));

        Assert.Equal(100, (await Store.ReadHeadAsync("a", Cancelled)).DeliveredSeq);
        Assert.Equal(200, await ReadNumberAsync("SELECT sum(delivered_seq) FROM {0}cursors"));
    }

    [Fact]
    public async Task Rows_are_counted_by_status()
    {
        Assert.Empty(await Store.CountByStatusAsync(Cancelled));
        await AppendAsync([.. Events.Several("a", 6), .. Events.Several("b", 3)]);
        await Store.MoveDeliveredAsync([new Delivered("a", 4)], Cancelled);
        // One that had been delivered, one that had not.
        await ExecuteAsync("UPDATE {0}notifications SET expires_at = received_at WHERE user_id = 'a' AND seq IN (1, 6)");

        var counts = await Store.CountByStatusAsync(Cancelled);

        Assert.Equal([new StatusCount("delivered", 3), new StatusCount("expired", 2), new StatusCount("pending", 4)], counts);
    }
}
