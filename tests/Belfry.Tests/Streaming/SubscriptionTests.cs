using Belfry.Streaming;
using Belfry.Tests.Mailboxes;

namespace Belfry.Tests.Streaming;

public sealed class SubscriptionTests
{
    private readonly MemoryMailboxStore _store = new();

    [Fact]
    public async Task A_stream_begins_with_its_cursor_and_says_when_it_has_caught_up()
    {
        await using var stream = OpenStream.Of(_store);

        var blocks = await stream.ReadUntilCaughtUpAsync();

        Assert.Equal("id: e1-0", blocks[0]);
        Assert.Contains("""data: {"cursor":"e1-0","state_version":0,"counts":{"unread":0,"unseen":0,"total":0}}""", blocks[^1], StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_was_missed_comes_from_the_log_and_what_follows_from_memory()
    {
        for (var i = 0; i < 5; i++) _store.Add(MemoryMailboxStore.Event("u"));
        await using var stream = OpenStream.Of(_store, after: "e1-2");

        var replay = await stream.ReadUntilCaughtUpAsync();
        var reads = _store.Reads;
        stream.Publish();
        var live = await stream.ReadUntilSeqAsync(6);

        Assert.Equal([3, 4, 5], replay.Select(OpenStream.SeqOf).OfType<long>());
        Assert.Equal(5, OpenStream.PrevOf(live[^1]));
        Assert.Equal(reads, _store.Reads);
    }

    [Fact]
    public async Task A_gap_in_what_is_offered_is_read_from_the_log()
    {
        await using var stream = OpenStream.Of(_store);
        await stream.ReadUntilCaughtUpAsync();

        stream.PublishElsewhere();
        stream.Publish();
        await stream.ReadLaggardsAsync();
        var blocks = await stream.ReadUntilSeqAsync(2);

        Assert.Equal([1, 2], blocks.Select(OpenStream.SeqOf).OfType<long>());
    }

    [Fact]
    public async Task A_wake_up_makes_it_look_into_the_log()
    {
        await using var stream = OpenStream.Of(_store);
        await stream.ReadUntilCaughtUpAsync();

        _store.Add(MemoryMailboxStore.Event("u"));
        stream.Subscription.Wake();

        Assert.Single(await stream.ReadUntilSeqAsync(1));
    }

    [Fact]
    public async Task A_client_that_does_not_read_holds_a_bounded_queue_and_gets_everything_later()
    {
        var options = new StreamingOptions { QueueBytes = 4096, PageRows = 10 };
        await using var stream = OpenStream.Of(_store, options: options, pipeBytes: 4096);
        await stream.ReadUntilCaughtUpAsync();

        for (var i = 0; i < 500; i++) stream.Publish();
        var blocks = await stream.ReadUntilSeqAsync(500);

        Assert.Equal(Enumerable.Range(1, 500).Select(i => (long)i), blocks.Select(OpenStream.SeqOf).OfType<long>());
        Assert.All(blocks.Where(b => OpenStream.SeqOf(b) is not null), b => Assert.Equal(OpenStream.SeqOf(b) - 1, OpenStream.PrevOf(b)));
        Assert.True(_store.Reads > 1);
    }

    [Fact]
    public async Task Skipped_types_lie_between_prev_and_seq_and_the_heartbeat_moves_the_cursor_over_them()
    {
        await using var stream = OpenStream.Of(_store, types: "job.*");
        await stream.ReadUntilCaughtUpAsync();

        stream.Publish("follower.new");
        stream.Publish("job.posted");
        var first = await stream.ReadUntilSeqAsync(2);
        stream.Publish("follower.new");
        await stream.PassAsync(TimeSpan.FromSeconds(16));
        var moved = await stream.ReadUntilAsync(b => b.StartsWith("id:", StringComparison.Ordinal));
        stream.Publish("job.posted");
        var second = await stream.ReadUntilSeqAsync(4);

        Assert.Equal(0, OpenStream.PrevOf(first[^1]));
        Assert.Equal("id: e1-3", moved[^1]);
        Assert.Equal(3, OpenStream.PrevOf(second[^1]));
    }

    [Fact]
    public async Task Silence_is_broken_by_a_comment()
    {
        await using var stream = OpenStream.Of(_store);
        await stream.ReadUntilCaughtUpAsync();

        await stream.PassAsync(TimeSpan.FromSeconds(15));

        Assert.Equal([":"], await stream.ReadUntilAsync(b => b == ":"));
    }

    [Theory]
    [InlineData("e0-3", "epoch", 2)]
    [InlineData("nonsense", "epoch", 2)]
    [InlineData("e1-99", "ahead", 5)]
    [InlineData("e1-1", "retention", 2)]
    public async Task A_cursor_that_cannot_be_followed_is_moved_by_one_reset(string after, string reason, long cursor)
    {
        for (var i = 0; i < 5; i++) _store.Add(MemoryMailboxStore.Event("u"));
        _store.RaiseFloor("u", 2);
        await using var stream = OpenStream.Of(_store, after: after);

        var blocks = await stream.ReadUntilCaughtUpAsync();

        var reset = Assert.Single(blocks, b => b.StartsWith("event: reset", StringComparison.Ordinal));
        Assert.Equal($"event: reset\nid: e1-{cursor}\ndata: {{\"reason\":\"{reason}\",\"cursor\":\"e1-{cursor}\"}}", reset);
        Assert.Equal(Enumerable.Range((int)cursor + 1, 5 - (int)cursor).Select(i => (long)i), blocks.Select(OpenStream.SeqOf).OfType<long>());
    }

    [Theory]
    [InlineData(nameof(StreamStart.Earliest), 2)]
    [InlineData(nameof(StreamStart.Undelivered), 3)]
    [InlineData(nameof(StreamStart.Latest), 5)]
    public async Task Without_a_cursor_a_stream_starts_where_it_is_asked_to(string since, long cursor)
    {
        for (var i = 0; i < 5; i++) _store.Add(MemoryMailboxStore.Event("u"));
        _store.RaiseFloor("u", 2);
        _store.DeliveredSeq = 3;
        await using var stream = OpenStream.Of(_store, Enum.Parse<StreamStart>(since));

        Assert.Equal($"id: e1-{cursor}", (await stream.ReadUntilCaughtUpAsync())[0]);
    }

    [Fact]
    public async Task A_store_that_is_away_keeps_the_connection_open_and_is_asked_again()
    {
        _store.IsAway = true;
        await using var stream = OpenStream.Of(_store);
        await stream.PassAsync(TimeSpan.FromSeconds(16));
        Assert.Contains(":", await stream.ReadUntilAsync(b => b == ":"));

        _store.IsAway = false;
        await stream.PassAsync(TimeSpan.FromSeconds(6));

        Assert.Equal("id: e1-0", (await stream.ReadUntilCaughtUpAsync()).First(b => b != ":"));
    }

    [Fact]
    public async Task A_drained_stream_is_told_when_to_come_back()
    {
        await using var stream = OpenStream.Of(_store);
        await stream.ReadUntilCaughtUpAsync();

        stream.Hub.EndAll(EndReason.Draining);
        var blocks = await stream.ReadUntilAsync(b => b.StartsWith("event: bye", StringComparison.Ordinal));
        await stream.EndedAsync();

        Assert.Matches("""^event: bye\ndata: \{"retry_ms":[2-6]\d{3}\}$""", blocks[^1]);
    }

    [Fact]
    public async Task The_end_covers_what_a_filter_has_skipped()
    {
        await using var stream = OpenStream.Of(_store, types: "wanted.*");
        await stream.ReadUntilCaughtUpAsync();
        for (var n = 0; n < 3; n++) stream.Publish();

        stream.Subscription.End(EndReason.Draining);

        var blocks = await stream.ReadUntilAsync(b => b.StartsWith("event: bye", StringComparison.Ordinal));
        Assert.Contains(blocks, b => b.StartsWith("id: ", StringComparison.Ordinal) && b.EndsWith("-3", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_new_epoch_ends_every_stream()
    {
        await using var stream = OpenStream.Of(_store);
        await stream.ReadUntilCaughtUpAsync();

        _store.ChangeEpoch("e2");

        await stream.ReadUntilAsync(b => b.StartsWith("event: bye", StringComparison.Ordinal));
        await stream.EndedAsync();
    }

    [Fact]
    public async Task An_age_limit_ends_a_stream()
    {
        await using var stream = OpenStream.Of(_store);
        await stream.ReadUntilCaughtUpAsync();

        stream.Time.Advance(TimeSpan.FromHours(1));
        await stream.Sweep.RunOnceAsync(CancellationToken.None);

        await stream.ReadUntilAsync(b => b.StartsWith("event: bye", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_client_that_takes_nothing_for_too_long_is_cut_off()
    {
        await using var stream = OpenStream.Of(_store, pipeBytes: 1024);
        await stream.ReadUntilCaughtUpAsync();

        for (var i = 0; i < 20; i++) stream.Publish();
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(10));
        while (!stream.WasAborted && !patience.IsCancellationRequested)
        {
            await stream.PassAsync(TimeSpan.FromSeconds(10));
            await Task.Yield(); // The pump writes on a thread of its own.
        }

        Assert.True(stream.WasAborted);
        Assert.Equal(EndReason.Gone, stream.Subscription.Ending);
    }

    [Fact]
    public async Task Delivered_moves_when_the_connection_has_outlived_the_write()
    {
        await using var stream = OpenStream.Of(_store);
        await stream.ReadUntilCaughtUpAsync();
        stream.Publish();
        await stream.ReadUntilSeqAsync(1);

        await stream.PassAsync(TimeSpan.FromSeconds(14));
        Assert.Empty(_store.DeliveredMoves);
        await stream.PassAsync(TimeSpan.FromSeconds(3));

        Assert.Equal(1, Assert.Single(_store.DeliveredMoves).Seq);
    }

    [Fact]
    public async Task What_was_written_to_a_connection_that_ended_soon_is_not_delivered()
    {
        await using var stream = OpenStream.Of(_store);
        await stream.ReadUntilCaughtUpAsync();
        stream.Publish();
        await stream.ReadUntilSeqAsync(1);

        await stream.PassAsync(TimeSpan.FromSeconds(5));
        stream.Subscription.End(EndReason.Gone);
        await stream.PassAsync(TimeSpan.FromSeconds(20));

        Assert.Empty(_store.DeliveredMoves);
    }

    [Fact]
    public async Task A_filtered_stream_delivers_nothing()
    {
        await using var stream = OpenStream.Of(_store, types: "job.*");
        await stream.ReadUntilCaughtUpAsync();
        stream.Publish();
        await stream.ReadUntilSeqAsync(1);

        await stream.PassAsync(TimeSpan.FromSeconds(20));

        Assert.Empty(_store.DeliveredMoves);
    }
}
