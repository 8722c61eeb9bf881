using System.Text;
using Belfry.Contracts;
using Belfry.Mailboxes;
using Belfry.Mailboxes.Marks;
using Belfry.Mailboxes.Postgres;
using Belfry.Mailboxes.Preferences;
using Belfry.Mailboxes.Sqlite;
using Xunit;

namespace Belfry.SystemTests.Mailboxes;

/// <summary>What leaves the inbox by itself: what has expired, and what a newer one has taken the place of.</summary>
public abstract partial class MailboxStoreContract
{
    [Fact]
    public async Task A_newer_one_takes_the_place_of_the_unread_one_with_its_key()
    {
        await AppendAsync(Events.New("a", collapseKey: "likes"), Events.New("a"), Events.New("a", collapseKey: "likes"), Events.New("b", collapseKey: "likes"));
        await AppendAsync(Events.New("a", collapseKey: "likes"), Events.New("a", collapseKey: "views"));

        await ShowsAsync("a", [2, 4, 5]);
        await ShowsAsync("b", [1]);
        Assert.Equal(new Counts(3, 3, 3), await CountAsync("a"));
        await AssertSumsHoldAsync();
    }

    [Fact]
    public async Task Three_hundred_with_three_keys_are_three_when_the_user_comes_back()
    {
        for (var batch = 0; batch < 3; batch++)
        {
            await AppendAsync([.. Enumerable.Range(0, 100).Select(i => Events.New("a", collapseKey: $"key-{i % 3}"))]);
        }

        await ShowsAsync("a", [298, 299, 300]);
        Assert.Equal(new Counts(3, 3, 3), await CountAsync("a"));

        // Whatever they were collapsed by, they lie side by side.
        Assert.Equal(1, await ReadNumberAsync("SELECT count(*) FROM {0}marks"));
    }

    [Fact]
    public async Task What_was_read_keeps_its_place()
    {
        await AppendAsync(Events.New("a", collapseKey: "likes"));
        await ChangeAsync("a", InboxChangeKind.Read, 1);
        await AppendAsync(Events.New("a", collapseKey: "likes"));
        await ChangeAsync("a", InboxChangeKind.Seen, 2);
        await AppendAsync(Events.New("a", collapseKey: "likes"));

        await ShowsAsync("a", [1, 3]);
        Assert.Equal(new Counts(1, 1, 2), await CountAsync("a"));
        await AssertSumsHoldAsync();
    }

    [Fact]
    public async Task A_duplicate_takes_nobodys_place()
    {
        var first = Events.New("a", collapseKey: "likes");
        await AppendAsync(first);
        await AppendAsync(first, Events.New("a", collapseKey: "likes"), first);
        await AppendAsync(first);

        await ShowsAsync("a", [2]);
        Assert.Equal(1, (await Store.ReadHeadAsync("a", Cancelled)).StateVersion);
    }

    [Fact]
    public async Task What_has_expired_is_on_no_page_at_once_and_in_no_count_after_the_next_look()
    {
        var soon = await TimeAfterAsync(TimeSpan.FromMinutes(5));
        await AppendAsync(Events.New("a", expiresAt: soon), Events.New("a"), Events.New("a", expiresAt: soon + TimeSpan.FromMinutes(5)), Events.New("b", expiresAt: soon));
        await ChangeAsync("a", InboxChangeKind.Read, 1);
        Assert.Empty(await ExpireAsync());

        await PassTimeAsync(TimeSpan.FromMinutes(6));
        await ShowsAsync("a", [2, 3]);
        Assert.Equal("a b", string.Join(' ', (await ExpireAsync()).Order(StringComparer.Ordinal)));

        Assert.Equal((new Counts(2, 2, 2), new Counts(0, 0, 0)), (await CountAsync("a"), await CountAsync("b")));
        Assert.Equal((0, new Counts(2, 2, 2)), await ChangeAsync("a", InboxChangeKind.Expired, 1));
        Assert.Empty(await ExpireAsync());
        Assert.Equal(1, await ReadNumberAsync("SELECT count(*) FROM {0}expiring"));
        await AssertSumsHoldAsync();
    }

    [Fact]
    public async Task What_comes_too_late_is_stored_and_shown_to_nobody()
    {
        var past = await TimeAfterAsync(-TimeSpan.FromMinutes(5));
        await AppendAsync(Events.New("a", expiresAt: past), Events.New("a"));

        await ShowsAsync("a", [2]);
        await ExpireAsync();
        Assert.Equal(new Counts(1, 1, 1), await CountAsync("a"));
    }

    [Fact]
    public async Task Expiry_and_key_come_back_as_they_were()
    {
        var later = await TimeAfterAsync(TimeSpan.FromHours(1));
        await AppendAsync(Events.New("a", expiresAt: later, collapseKey: "Größe \"7\""), Events.New("a"));

        var page = await Store.ReadAfterAsync("a", 0, 10, int.MaxValue, Cancelled);
        Assert.Equal([(later, "Größe \"7\""), (null, null)], page.Select(row => (row.Content.ExpiresAt, row.Content.CollapseKey)));
        Assert.Equal(later, (await Store.ReadNewAsync([new MailboxPlace("a", 0)], 10, int.MaxValue, Cancelled)).Rows[0].Row.Content.ExpiresAt);
    }

    [Fact]
    public async Task What_hides_tells_what_it_was()
    {
        await AppendAsync(Events.New("a", collapseKey: "likes"));
        await AppendAsync(Events.New("a", collapseKey: "likes"));

        var missed = Assert.Single(await Inbox.ReadMissedAsync([new StateKnown("a", 0, 0)], Cancelled));

        Assert.Equal((InboxChangeKind.Collapsed, 1, 2, new Counts(1, 1, 1)), (missed.Kind, missed.StateVersion, missed.LastSeq, missed.Counts));
        Assert.Equal([1], missed.Seqs!);
        Assert.Empty(await Inbox.ReadMissedAsync([new StateKnown("a", 0, 1)], Cancelled));
    }

    [Fact]
    public async Task What_is_muted_is_stored_put_away_and_shown_to_nobody()
    {
        await Preferences.StoreAsync("a", "{}"u8.ToArray(), MutedTypes.Of(["job.*", "like"]), Cancelled);
        var answers = await AppendAsync(Events.New("a", type: "job.posted"), Events.New("a", type: "follower.new"), Events.New("a", type: "like"), Events.New("b", type: "like"));

        Assert.Equal([true, false, true, false], answers.Select(a => a.Hidden));
        await ShowsAsync("a", [2]);
        Assert.Equal((new Counts(1, 1, 1), new Counts(1, 1, 1)), (await CountAsync("a"), await CountAsync("b")));
        Assert.All(await Inbox.ReadMarksAsync("a", new SeqRange(1, 3), newestFirst: false, 10, Cancelled), m => Assert.Equal(MarkState.Archived | MarkState.Muted, m.State));

        await Preferences.StoreAsync("a", "{}"u8.ToArray(), MutedTypes.Of([]), Cancelled);
        Assert.False((await AppendAsync(Events.New("a", type: "like")))[0].Hidden);
        await ShowsAsync("a", [2, 4]);
        await AssertSumsHoldAsync();
    }

    [Fact]
    public async Task What_is_muted_takes_nobodys_place()
    {
        await AppendAsync(Events.New("a", type: "like", collapseKey: "7"));
        await Preferences.StoreAsync("a", "{}"u8.ToArray(), MutedTypes.Of(["*"]), Cancelled);
        await AppendAsync(Events.New("a", type: "like", collapseKey: "7"));

        await ShowsAsync("a", [1]);
    }

    [Fact]
    public async Task Preferences_come_back_as_they_were_and_go_when_the_user_is_erased()
    {
        Assert.Null(await Preferences.FindAsync("a", Cancelled));
        await Preferences.StoreAsync("a", """{"muted":["ü"]}"""u8.ToArray(), MutedTypes.Of(["ü"]), Cancelled);
        await Preferences.StoreAsync("a", """{"muted":["ü", "*"]}"""u8.ToArray(), MutedTypes.Of(["ü", "*"]), Cancelled);
        Assert.Equal("""{"muted":["ü", "*"]}""", Encoding.UTF8.GetString((await Preferences.FindAsync("a", Cancelled))!));

        await Inbox.EraseAsync("a", Cancelled);

        Assert.Null(await Preferences.FindAsync("a", Cancelled));
        Assert.False((await AppendAsync(Events.New("a")))[0].Hidden);
    }

    private protected IPreferenceStore Preferences => Store switch
    {
        PostgresMailboxStore postgres => new PostgresPreferenceStore(postgres),
        SqliteMailboxStore sqlite => new SqlitePreferenceStore(sqlite),
        var other => throw new InvalidOperationException($"There are no preferences for {other.GetType().Name}."),
    };

    /// <summary>The seqs that a stream shows, as well from the page as from what is new.</summary>
    private async Task ShowsAsync(string userId, long[] expected)
    {
        var page = await Store.ReadAfterAsync(userId, 0, 1000, int.MaxValue, Cancelled);
        var isNew = await Store.ReadNewAsync([new MailboxPlace(userId, 0)], 1000, int.MaxValue, Cancelled);
        Assert.Equal(expected, page.Where(row => !row.Hidden).Select(row => row.Seq));
        Assert.Equal(expected, isNew.Rows.Where(row => !row.Row.Hidden).Select(row => row.Row.Seq));
    }

    private async Task<List<string>> ExpireAsync()
    {
        var changed = new List<string>();
        while (await Inbox.ExpireAsync(3, Cancelled) is { Rows: > 0 } some) changed.AddRange(some.Changed.Select(s => s.UserId));
        return changed;
    }

    /// <summary>By the store's clock.</summary>
    private async Task<DateTime> TimeAfterAsync(TimeSpan time) => (await AppendAsync(Events.New("clock")))[0].ReceivedAt + time;
}
