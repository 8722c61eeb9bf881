using Belfry.Mailboxes;
using Xunit;

namespace Belfry.SystemTests.Mailboxes;

/// <summary>What is older than the retention time goes, and nothing else changes.</summary>
public abstract partial class MailboxStoreContract
{
    private static readonly TimeSpan Retention = TimeSpan.FromDays(30);

    [Fact]
    public async Task What_is_older_goes_the_floor_rises_and_the_rest_stays()
    {
        await AppendAsync([.. Events.Several("a", 3), .. Events.Several("gone", 2)]);
        await PassTimeAsync(Retention + TimeSpan.FromDays(10));
        await AppendAsync(Events.Several("a", 2));

        await Store.MaintainAsync(Retention, Cancelled);

        Assert.Equal(new MailboxHead(0, FloorSeq: 3, LastSeq: 5, 0, 0), await Store.ReadHeadAsync("a", Cancelled));
        Assert.Equal(new MailboxHead(0, FloorSeq: 2, LastSeq: 2, 0, 0), await Store.ReadHeadAsync("gone", Cancelled));
        Assert.Equal([4, 5], (await ReadAllAsync("a")).Select(r => r.Seq));
        Assert.Empty(await ReadAllAsync("gone"));
    }

    [Fact]
    public async Task What_is_younger_stays()
    {
        await AppendAsync(Events.Several("a", 3));
        await PassTimeAsync(Retention - TimeSpan.FromMinutes(1));

        await Store.MaintainAsync(Retention, Cancelled);

        Assert.Equal(0, (await Store.ReadHeadAsync("a", Cancelled)).FloorSeq);
        Assert.Equal(3, (await ReadAllAsync("a")).Count);
    }

    [Fact]
    public async Task The_last_seq_of_an_emptied_mailbox_is_never_given_again()
    {
        await AppendAsync(Events.Several("a", 5));
        await Store.MoveDeliveredAsync([new Delivered("a", 5)], Cancelled);
        for (var month = 0; month < 3; month++)
        {
            await PassTimeAsync(Retention + TimeSpan.FromDays(10));
            await Store.MaintainAsync(Retention, Cancelled);
            await ReopenAsync();
        }

        Assert.Equal([6, 7], (await AppendAsync(Events.Several("a", 2))).Select(a => a.Seq));
        Assert.Equal(new MailboxHead(0, FloorSeq: 5, LastSeq: 7, DeliveredSeq: 5, 0), await Store.ReadHeadAsync("a", Cancelled));
        Assert.Equal([6, 7], (await ReadAllAsync("a")).Select(r => r.Seq));
    }

    [Fact]
    public async Task Maintenance_may_be_repeated()
    {
        await AppendAsync(Events.Several("a", 5));
        await PassTimeAsync(Retention + TimeSpan.FromDays(10));

        for (var i = 0; i < 3; i++) await Store.MaintainAsync(Retention, Cancelled);

        Assert.Equal(5, (await Store.ReadHeadAsync("a", Cancelled)).FloorSeq);
    }

    [Fact]
    public async Task Appends_and_readers_go_on_while_old_rows_go()
    {
        var users = Enumerable.Range(0, 40).Select(i => $"user-{i}").ToArray();
        for (var i = 0; i < 4; i++) await AppendAsync([.. users.SelectMany(u => Events.Several(u, 25))]);
        await PassTimeAsync(Retention + TimeSpan.FromDays(10));
        await AppendAsync([.. users.Select(u => Events.New(u))]);

        using var done = CancellationTokenSource.CreateLinkedTokenSource(Cancelled);
        var appended = 0;
        var appends = Task.Run(
            async () =>
            {
                while (!done.IsCancellationRequested)
                {
                    await AppendAsync([.. users.Select(u => Events.New(u))]);
                    appended++;
                }
            },
            Cancelled);
        var readers = Enumerable.Range(0, 3).Select(r => Task.Run(
            async () =>
            {
                for (var i = r; !done.IsCancellationRequested; i++)
                {
                    var page = await Store.ReadAfterAsync(users[i % users.Length], 0, 200, int.MaxValue, Cancelled);
                    Assert.Equal(Seqs(page[0].Seq, page[^1].Seq), page.Select(p => p.Seq));
                    Assert.True(page[^1].Seq > 100);
                }
            },
            Cancelled)).ToArray();

        await Store.MaintainAsync(Retention, Cancelled);
        await Store.MaintainAsync(Retention, Cancelled);
        await done.CancelAsync();
        await Task.WhenAll([appends, .. readers]);

        foreach (var user in users)
        {
            Assert.Equal(new MailboxHead(0, FloorSeq: 100, LastSeq: 101 + appended, 0, 0), await Store.ReadHeadAsync(user, Cancelled));
            Assert.Equal(Seqs(101, 101 + appended), (await ReadAllAsync(user)).Select(r => r.Seq));
        }

        await AssertSeqsAreUniqueAsync();
    }
}
