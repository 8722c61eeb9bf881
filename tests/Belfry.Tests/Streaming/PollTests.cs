using System.Buffers;
using System.Text.Json;
using Belfry.Contracts;
using Belfry.Mailboxes.Marks;
using Belfry.Streaming;
using Belfry.Tests.Mailboxes;

namespace Belfry.Tests.Streaming;

/// <summary>One poll: what it answers, and when.</summary>
public sealed class PollTests
{
    private readonly MemoryMailboxStore _store = new();
    private readonly PollPage _page = new();

    [Fact]
    public async Task What_stands_after_the_cursor_is_answered_at_once()
    {
        for (var i = 0; i < 5; i++) _store.Add(MemoryMailboxStore.Event("u"));
        await using var poll = Poll(after: "e1-2");

        var page = await AnswerAsync(poll);

        Assert.Equal([3, 4, 5], page.Items.Select(n => n.Seq));
        Assert.Equal([2, 3, 4], page.Items.Select(n => n.Prev));
        Assert.Equal(("e1-5", null, new Counts(5, 5, 5)), (page.Cursor, page.Reset, page.Counts));
    }

    [Fact]
    public async Task Nothing_there_is_waited_for()
    {
        await using var poll = Poll();
        await UntilLiveAsync(poll);

        poll.Publish();
        var page = await AnswerAsync(poll);

        Assert.Equal([1], page.Items.Select(n => n.Seq));
        Assert.Equal(("e1-1", new Counts(1, 1, 1)), (page.Cursor, page.Counts));
    }

    [Fact]
    public async Task What_was_stored_elsewhere_is_found_too()
    {
        await using var poll = Poll();
        await UntilLiveAsync(poll);

        poll.Wake("u", poll.PublishElsewhere());
        await poll.ReadLaggardsAsync();

        Assert.Equal("e1-1", (await AnswerAsync(poll)).Cursor);
    }

    [Fact]
    public async Task At_the_end_of_the_wait_the_list_is_empty_and_the_cursor_is_there()
    {
        await using var poll = Poll(after: "e1-0");
        await UntilLiveAsync(poll);

        await poll.PassAsync(TimeSpan.FromSeconds(25));
        var page = await AnswerAsync(poll);

        Assert.Equal((0, "e1-0", null), (page.Items.Count, page.Cursor, page.Reset));
    }

    [Fact]
    public async Task What_its_types_leave_out_is_skipped_by_the_cursor()
    {
        await using var poll = Poll(types: "wanted.*");
        await UntilLiveAsync(poll);

        for (var i = 0; i < 3; i++) poll.Publish();
        await poll.PassAsync(TimeSpan.FromSeconds(25));
        var page = await AnswerAsync(poll);

        Assert.Equal((0, "e1-3"), (page.Items.Count, page.Cursor));
    }

    [Theory]
    [InlineData("e0-3", "epoch", 2, 3)]
    [InlineData("e1-1", "retention", 2, 3)]
    [InlineData("e1-99", "ahead", 5, 0)]
    public async Task A_cursor_that_cannot_be_followed_is_answered_with_where_it_goes_on(string after, string reason, int cursor, int items)
    {
        for (var i = 0; i < 5; i++) _store.Add(MemoryMailboxStore.Event("u"));
        _store.RaiseFloor("u", 2);
        await using var poll = Poll(after: after);

        var page = await AnswerAsync(poll);

        Assert.Equal(reason, page.Reset!.Reason);
        Assert.Equal(Enumerable.Range(cursor + 1, items).Select(i => (long)i), page.Items.Select(n => n.Seq));
        Assert.Equal("e1-5", page.Cursor);
    }

    [Fact]
    public async Task A_page_is_bounded_and_the_next_goes_on_behind_it()
    {
        for (var i = 0; i < 40; i++) _store.Add(MemoryMailboxStore.Event("u", payload: $"\"{new string('x', 3000)}\""));
        var seqs = new List<long>();
        var cursor = "e1-0";
        var pages = 0;
        for (; seqs.Count < 40; pages++)
        {
            var page = new PollPage();
            await using var poll = Poll(after: cursor, page: page);
            var answer = await AnswerAsync(poll, page);
            seqs.AddRange(answer.Items.Select(n => n.Seq));
            cursor = answer.Cursor;
        }

        Assert.Equal(Enumerable.Range(1, 40).Select(i => (long)i), seqs);
        Assert.True(pages > 2, $"{pages} pages.");
    }

    [Fact]
    public async Task Changes_meanwhile_are_in_its_counts()
    {
        for (var i = 0; i < 3; i++) _store.Add(MemoryMailboxStore.Event("u"));
        await using var poll = Poll(after: "e1-3");
        await UntilLiveAsync(poll);

        poll.Hub.Changed(new InboxChange("u", 0, InboxChangeKind.Read, [1], 0, StateVersion: 1, LastSeq: 3, new Counts(2, 2, 3)));
        await OpenStream.UntilAsync(() => poll.Subscription.Standing.StateVersion == 1);
        poll.Publish();
        var page = await AnswerAsync(poll);

        Assert.Equal((1, new Counts(3, 3, 4)), (page.StateVersion, page.Counts));
    }

    [Fact]
    public async Task What_was_answered_counts_as_delivered_when_the_client_comes_back_with_its_cursor()
    {
        for (var i = 0; i < 5; i++) _store.Add(MemoryMailboxStore.Event("u"));
        await using (var first = Poll(after: "e1-0"))
        {
            await AnswerAsync(first);
            await first.PassAsync(TimeSpan.FromSeconds(30));
            Assert.Empty(_store.DeliveredMoves);
        }

        var page = new PollPage();
        await using var second = Poll(after: "e1-5", page: page);
        await UntilLiveAsync(second);
        await second.PassAsync(TimeSpan.FromSeconds(1));

        Assert.Equal(5, Assert.Single(_store.DeliveredMoves).Seq);
    }

    [Theory]
    [InlineData("e1-5", "job.*")]
    [InlineData("e0-5", null)]
    [InlineData("e1-6", null)]
    public async Task A_cursor_of_a_part_or_of_nothing_acknowledges_nothing(string after, string? types)
    {
        for (var i = 0; i < 5; i++) _store.Add(MemoryMailboxStore.Event("u"));
        await using var poll = Poll(after: after, types: types);

        await poll.PassAsync(TimeSpan.FromSeconds(30));
        await AnswerAsync(poll);

        Assert.Empty(_store.DeliveredMoves);
    }

    private static Task UntilLiveAsync(OpenStream poll) => OpenStream.UntilAsync(() => poll.Subscription.IsLive);

    private OpenStream Poll(string? after = null, string? types = null, PollPage? page = null) => OpenStream.Of(
        _store, after: after, types: types, change: request => request with
        {
            Blocks = page ?? _page,
            IsPoll = true,
            EndsAt = request.EndsAt - (3575 * TimeProvider.System.TimestampFrequency),
        });

    private Task<StreamPage> AnswerAsync(OpenStream poll) => AnswerAsync(poll, _page);

    private static async Task<StreamPage> AnswerAsync(OpenStream poll, PollPage page)
    {
        await poll.EndedAsync();
        var buffer = new ArrayBufferWriter<byte>();
        page.WriteAnswer(buffer);
        return JsonSerializer.Deserialize(buffer.WrittenSpan, ContractsJson.Default.StreamPage)!;
    }
}
