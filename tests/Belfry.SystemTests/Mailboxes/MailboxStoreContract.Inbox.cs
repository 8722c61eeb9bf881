using Belfry.Contracts;
using Belfry.Mailboxes;
using Belfry.Mailboxes.Marks;
using Belfry.Mailboxes.Postgres;
using Belfry.Mailboxes.Sqlite;
using Xunit;

namespace Belfry.SystemTests.Mailboxes;

/// <summary>What users do with their notifications, and the counts that follow from it.</summary>
public abstract partial class MailboxStoreContract
{
    private protected IInboxStore Inbox => Store switch
    {
        PostgresMailboxStore postgres => new PostgresInboxStore(postgres),
        SqliteMailboxStore sqlite => new SqliteInboxStore(sqlite),
        var other => throw new InvalidOperationException($"There is no inbox for {other.GetType().Name}."),
    };

    [Fact]
    public async Task What_has_come_in_is_unread_and_unseen()
    {
        await AppendAsync(Events.Several("a", 3));

        Assert.Equal(new Counts(3, 3, 3), await CountAsync("a"));
        Assert.Equal(new Counts(0, 0, 0), await CountAsync("nobody"));
    }

    [Fact]
    public async Task Each_change_counts_and_raises_the_version_by_one()
    {
        await AppendAsync(Events.Several("a", 10));

        Assert.Equal((2, new Counts(10, 8, 10)), await ChangeAsync("a", InboxChangeKind.Seen, 1, 2));
        Assert.Equal((2, new Counts(8, 7, 10)), await ChangeAsync("a", InboxChangeKind.Read, 2, 3));
        Assert.Equal((1, new Counts(9, 7, 10)), await ChangeAsync("a", InboxChangeKind.Unread, 2, 4));
        Assert.Equal((3, new Counts(7, 5, 7)), await ChangeAsync("a", InboxChangeKind.Archived, 3, 4, 5));
        Assert.Equal((2, new Counts(6, 4, 6)), await ChangeAsync("a", InboxChangeKind.Deleted, 5, 6));

        Assert.Equal(5, (await Store.ReadHeadAsync("a", Cancelled)).StateVersion);
    }

    [Fact]
    public async Task What_changes_nothing_is_no_change()
    {
        await AppendAsync(Events.Several("a", 3));
        await ChangeAsync("a", InboxChangeKind.Read, 2);

        foreach (var seqs in (long[][])[[2], [0, -1, 4, long.MaxValue, long.MinValue], []])
        {
            var answer = await Inbox.ChangeAsync("a", new InboxRequest(InboxChangeKind.Read, seqs, null), Cancelled);
            Assert.Equal((0, null), (answer.Changed, answer.Change));
            Assert.Equal((1, new Counts(2, 2, 3)), (answer.Head.StateVersion, answer.Head.Counts));
        }

        Assert.Equal((0, new Counts(0, 0, 0)), await ChangeAsync("nobody", InboxChangeKind.Read, 1));
        Assert.Equal(default, await Store.ReadHeadAsync("nobody", Cancelled));
    }

    [Fact]
    public async Task All_up_to_a_place_is_one_change_and_what_comes_later_is_unread()
    {
        await AppendAsync(Events.Several("a", 10));
        await ChangeAsync("a", InboxChangeKind.Deleted, 2, 4);

        Assert.Equal((6, new Counts(2, 2, 8)), await ChangeUpToAsync("a", InboxChangeKind.Read, 8));
        await AppendAsync(Events.Several("a", 2));
        Assert.Equal(new Counts(4, 4, 10), await CountAsync("a"));
        Assert.Equal((4, new Counts(0, 0, 10)), await ChangeUpToAsync("a", InboxChangeKind.Read, 1_000_000));
        Assert.Equal((5, new Counts(5, 0, 10)), await ChangeUpToAsync("a", InboxChangeKind.Unread, 7));
        Assert.Equal((3, new Counts(2, 0, 7)), await ChangeUpToAsync("a", InboxChangeKind.Archived, 5));
    }

    [Fact]
    public async Task A_place_in_another_history_changes_nothing()
    {
        await AppendAsync(Events.Several("a", 3));

        var answer = await Inbox.ChangeAsync("a", new InboxRequest(InboxChangeKind.Read, null, new Cursor("other", 3)), Cancelled);

        Assert.True(answer.IsOtherEpoch);
        Assert.Equal(new Counts(3, 3, 3), await CountAsync("a"));
    }

    [Fact]
    public async Task To_read_a_very_large_mailbox_is_one_row()
    {
        for (var i = 0; i < 20; i++) await AppendAsync(Events.Several("a", 500));

        Assert.Equal((10_000, new Counts(0, 0, 10_000)), await ChangeUpToAsync("a", InboxChangeKind.Read, 10_000));

        Assert.Equal(1, await ReadNumberAsync("SELECT count(*) FROM {0}marks"));
    }

    [Fact]
    public async Task What_goes_with_the_retention_time_goes_out_of_the_counts()
    {
        await AppendAsync([.. Events.Several("a", 6), .. Events.Several("b", 3)]);
        await ChangeUpToAsync("a", InboxChangeKind.Read, 3);
        await ChangeAsync("a", InboxChangeKind.Archived, 5, 6);
        await PassTimeAsync(Retention + TimeSpan.FromDays(10));
        await AppendAsync(Events.Several("a", 4));
        await ChangeAsync("a", InboxChangeKind.Archived, 7);
        Assert.Equal(new Counts(4, 4, 7), await CountAsync("a"));

        await Store.MaintainAsync(Retention, Cancelled);

        Assert.Equal(new Counts(3, 3, 3), await CountAsync("a"));
        Assert.Equal(new Counts(0, 0, 0), await CountAsync("b"));
        Assert.Equal(7, await ReadNumberAsync("SELECT min(first_seq) FROM {0}marks WHERE user_id = 'a'"));
        Assert.Equal((1, new Counts(2, 2, 3)), await ChangeAsync("a", InboxChangeKind.Read, 5, 6, 8));
        await AssertSumsHoldAsync();
    }

    [Fact]
    public async Task Counts_hold_also_when_nobody_has_trimmed_the_marks_below_the_floor()
    {
        await AppendAsync(Events.Several("a", 8));
        await ChangeUpToAsync("a", InboxChangeKind.Read, 6);
        await ExecuteAsync("UPDATE {0}mailboxes SET floor_seq = 4 WHERE user_id = 'a'");

        Assert.Equal(new Counts(2, 2, 4), await CountAsync("a"));
        Assert.Equal((1, new Counts(1, 1, 4)), await ChangeAsync("a", InboxChangeKind.Read, 7));
        Assert.Equal((1, new Counts(0, 0, 4)), await ChangeUpToAsync("a", InboxChangeKind.Read, 8));
        await AssertSumsHoldAsync();
    }

    [Fact]
    public async Task A_page_of_the_log_tells_what_was_deleted()
    {
        await AppendAsync(Events.Several("a", 5));
        await ChangeAsync("a", InboxChangeKind.Read, 1, 2, 4);
        await ChangeAsync("a", InboxChangeKind.Deleted, 2, 3, 5);

        Assert.Equal([false, true, true, false, true], (await ReadAllAsync("a")).Select(r => r.Hidden));
    }

    [Fact]
    public async Task The_status_of_a_notification_follows_its_marks()
    {
        await AppendAsync(Events.Several("a", 7));
        await Store.MoveDeliveredAsync([new Delivered("a", 6)], Cancelled);
        await ChangeAsync("a", InboxChangeKind.Seen, 1, 2);
        await ChangeAsync("a", InboxChangeKind.Read, 2, 3);
        await ChangeAsync("a", InboxChangeKind.Archived, 4);
        await ChangeAsync("a", InboxChangeKind.Deleted, 5);

        var counts = await Store.CountByStatusAsync(Cancelled);

        Assert.Equal(["archived 1", "deleted 1", "delivered 1", "pending 1", "read 2", "seen 1"], counts.Select(c => $"{c.Status} {c.Count}"));
    }

    [Fact]
    public async Task Many_devices_that_mark_at_once_while_the_mailbox_grows_leave_the_right_counts()
    {
        await AppendAsync(Events.Several("a", 40));
        var devices = Enumerable.Range(0, 4).Select(device => Task.Run(
            async () =>
            {
                for (var seq = device + 1; seq <= 40; seq += 4) await ChangeAsync("a", (InboxChangeKind)((seq % 4) + 1), seq);
            },
            Cancelled));
        var writer = Task.Run(
            async () =>
            {
                for (var i = 0; i < 20; i++) await AppendAsync(Events.Several("a", 2));
            },
            Cancelled);
        await Task.WhenAll([.. devices, writer]);

        // 10 each: unread changes nothing, seen, read, archived.
        Assert.Equal(new Counts(80 - 20, 80 - 30, 80 - 10), await CountAsync("a"));
        Assert.Equal(30, (await Store.ReadHeadAsync("a", Cancelled)).StateVersion);
        await AssertSumsHoldAsync();
    }

    /// <summary>How many have changed, and the counts that were answered; the store's own must be the same.</summary>
    private protected Task<(long Changed, Counts Counts)> ChangeAsync(string userId, InboxChangeKind kind, params long[] seqs) =>
        ChangeAsync(userId, new InboxRequest(kind, seqs, null));

    private protected async Task<(long Changed, Counts Counts)> ChangeUpToAsync(string userId, InboxChangeKind kind, long seq)
    {
        var head = await Store.ReadHeadAsync(userId, Cancelled);
        var (changed, counts) = await ChangeAsync(userId, new InboxRequest(kind, null, new Cursor(MailboxEpoch.Of(Store.Epoch, head.Generation), seq)));
        return (changed, counts);
    }

    private async Task<(long Changed, Counts Counts)> ChangeAsync(string userId, InboxRequest request)
    {
        var answer = await Inbox.ChangeAsync(userId, request, Cancelled);
        return (answer.Changed, answer.Head.Counts);
    }

    private protected async Task<Counts> CountAsync(string userId) => (await Store.ReadHeadAsync(userId, Cancelled)).Counts;

    /// <summary>The sums are those of the ranges, which do not overlap.</summary>
    private protected async Task AssertSumsHoldAsync()
    {
        Assert.Equal(0, await ReadNumberAsync("""
            SELECT count(*) FROM (
                SELECT i.user_id FROM {0}inboxes i LEFT JOIN {0}marks k ON k.user_id = i.user_id
                GROUP BY i.user_id, i.seen_sum, i.read_sum, i.hidden_sum, i.gone_sum
                HAVING i.seen_sum <> coalesce(sum(k.last_seq - k.first_seq + 1), 0)
                    OR i.read_sum <> coalesce(sum(CASE WHEN k.state >= 2 THEN k.last_seq - k.first_seq + 1 END), 0)
                    OR i.hidden_sum <> coalesce(sum(CASE WHEN k.state >= 4 THEN k.last_seq - k.first_seq + 1 END), 0)
                    OR i.gone_sum <> coalesce(sum(CASE WHEN k.state >= 8 THEN k.last_seq - k.first_seq + 1 END), 0)) AS wrong
            """));
        Assert.Equal(0, await ReadNumberAsync("""
            SELECT count(*) FROM {0}marks a JOIN {0}marks b ON a.user_id = b.user_id AND a.first_seq < b.first_seq AND a.last_seq >= b.first_seq
            """));
    }
}
