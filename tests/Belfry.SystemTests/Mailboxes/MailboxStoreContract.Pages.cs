using Belfry.Mailboxes;
using Xunit;

namespace Belfry.SystemTests.Mailboxes;

/// <summary>Heads and pages of the log.</summary>
public abstract partial class MailboxStoreContract
{
    [Fact]
    public async Task A_mailbox_that_nobody_has_written_to_is_all_zeros()
    {
        Assert.Equal(default, await Store.ReadHeadAsync("nobody", Cancelled));
        Assert.Empty(await ReadAllAsync("nobody"));
    }

    [Fact]
    public async Task A_head_tells_where_the_mailbox_stands()
    {
        await AppendAsync(Events.Several("a", 5));
        await Store.MoveDeliveredAsync([new Delivered("a", 3)], Cancelled);

        Assert.Equal(
            new MailboxHead(Generation: 0, FloorSeq: 0, LastSeq: 5, DeliveredSeq: 3, StateVersion: 0),
            await Store.ReadHeadAsync("a", Cancelled));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(7)]
    [InlineData(100)]
    public async Task A_page_has_at_most_the_rows_asked_for_and_the_next_one_goes_on(int rows)
    {
        await AppendAsync(Events.Several("a", 50));
        await AppendAsync(Events.Several("b", 5));

        var page = await Store.ReadAfterAsync("a", 10, rows, int.MaxValue, Cancelled);

        Assert.Equal(Seqs(11, Math.Min(50, 10 + rows)), page.Select(r => r.Seq));
        Assert.Equal(Seqs(11, 50), (await ReadAllAsync("a", after: 10, pageRows: rows)).Select(r => r.Seq));
        Assert.All(page, r => Assert.Equal("a", r.Content.UserId));
    }

    [Fact]
    public async Task A_page_ends_once_its_payloads_have_reached_the_bytes()
    {
        var payload = $"\"{new string('x', 9_998)}\"";
        for (var i = 0; i < 20; i++) await AppendAsync(Events.New("a", payload: payload));

        var page = await Store.ReadAfterAsync("a", 0, 100, 45_000, Cancelled);

        Assert.InRange(page.Count, 1, 5);
        Assert.True(page.SkipLast(1).Sum(r => r.Content.Payload.Length) < 45_000);
        Assert.Equal(Seqs(1, page.Count), page.Select(r => r.Seq));
        var next = await Store.ReadAfterAsync("a", page[^1].Seq, 100, 45_000, Cancelled);
        Assert.Equal(page[^1].Seq + 1, next[0].Seq);
    }

    [Fact]
    public async Task A_row_larger_than_the_bytes_makes_a_page_of_its_own()
    {
        await AppendAsync(Events.New("a", payload: $"\"{new string('x', 60_000)}\""), Events.New("a"));

        Assert.Equal([1], (await Store.ReadAfterAsync("a", 0, 100, 1000, Cancelled)).Select(r => r.Seq));
        Assert.Equal([2], (await Store.ReadAfterAsync("a", 1, 100, 1000, Cancelled)).Select(r => r.Seq));
    }

    [Fact]
    public async Task There_is_nothing_after_the_last_seq()
    {
        await AppendAsync(Events.Several("a", 3));

        Assert.Empty(await Store.ReadAfterAsync("a", 3, 10, 1000, Cancelled));
        Assert.Empty(await Store.ReadAfterAsync("a", 1_000_000, 10, 1000, Cancelled));
    }

    [Fact]
    public async Task Users_are_told_apart_to_the_letter()
    {
        string[] users = ["user", "User", "user ", "user%", "usér", "use", "user-1", "user-10"];
        for (var i = 0; i < users.Length; i++) await AppendAsync(Events.Several(users[i], i + 1));

        for (var i = 0; i < users.Length; i++)
        {
            Assert.Equal(i + 1, (await Store.ReadHeadAsync(users[i], Cancelled)).LastSeq);
            Assert.All(await ReadAllAsync(users[i]), r => Assert.Equal(users[i], r.Content.UserId));
        }
    }
}
