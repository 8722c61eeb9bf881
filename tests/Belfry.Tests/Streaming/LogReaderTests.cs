using Belfry.Tests.Mailboxes;

namespace Belfry.Tests.Streaming;

/// <summary>What other instances have stored, on its way to live streams.</summary>
public sealed class LogReaderTests
{
    private readonly MemoryMailboxStore _store = new();

    [Fact]
    public async Task A_wake_up_brings_what_another_instance_has_stored_and_the_stream_stays_live()
    {
        await using var stream = OpenStream.Of(_store);
        await stream.ReadUntilCaughtUpAsync();
        stream.PublishElsewhere();
        stream.PublishElsewhere();

        Assert.Equal(1, stream.Wake("u", 2));
        await stream.ReadLaggardsAsync();
        var blocks = await stream.ReadUntilSeqAsync(2);

        Assert.Equal([1, 2], blocks.Select(OpenStream.SeqOf).OfType<long>());
        Assert.Equal(2, stream.Subscription.LiveTail);
    }

    [Fact]
    public async Task A_wake_up_for_nobody_costs_no_query()
    {
        await using var stream = OpenStream.Of(_store);
        await stream.ReadUntilCaughtUpAsync();
        var reads = _store.Reads;

        Assert.Equal(0, stream.Wake("somebody else", 7));
        // The next one is taken alone: the first has left nothing.
        stream.PublishElsewhere();
        stream.Wake("u", 1);
        await stream.ReadLaggardsAsync();

        Assert.Equal(reads + 1, _store.Reads);
    }

    [Fact]
    public async Task A_wake_up_for_what_the_stream_has_costs_no_query()
    {
        await using var stream = OpenStream.Of(_store);
        await stream.ReadUntilCaughtUpAsync();
        stream.Publish();
        await stream.ReadUntilSeqAsync(1);

        Assert.Equal(0, stream.Wake("u", 1));
    }

    [Fact]
    public async Task A_stream_that_reads_the_log_itself_is_told_how_far()
    {
        _store.IsAway = true;
        await using var stream = OpenStream.Of(_store);
        stream.PublishElsewhere();

        Assert.Equal(0, stream.Wake("u", 1));
        _store.IsAway = false;
        await stream.PassAsync(TimeSpan.FromSeconds(10));

        Assert.Contains(1L, (await stream.ReadUntilCaughtUpAsync()).Select(OpenStream.SeqOf).OfType<long>());
    }

    [Fact]
    public async Task What_another_and_this_instance_store_in_turn_comes_in_order_and_once()
    {
        await using var stream = OpenStream.Of(_store);
        await stream.ReadUntilCaughtUpAsync();

        for (var i = 0; i < 20; i++)
        {
            stream.PublishElsewhere();
            stream.Publish();
            if (i % 3 == 0) await stream.ReadLaggardsAsync();
        }

        await stream.ReadLaggardsAsync();
        var blocks = await stream.ReadUntilSeqAsync(40);

        Assert.Equal(Enumerable.Range(1, 40).Select(n => (long)n), blocks.Select(OpenStream.SeqOf).OfType<long>());
        Assert.All(blocks, b => Assert.Equal(OpenStream.SeqOf(b) - 1, OpenStream.PrevOf(b)));
    }

    [Fact]
    public async Task More_than_one_reading_brings_is_read_on()
    {
        await using var stream = OpenStream.Of(_store);
        await stream.ReadUntilCaughtUpAsync();
        for (var i = 0; i < 250; i++) stream.PublishElsewhere();

        stream.Wake("u", 250);
        for (var i = 0; i < 3; i++) await stream.ReadLaggardsAsync();

        Assert.Equal(250, (await stream.ReadUntilSeqAsync(250)).Select(OpenStream.SeqOf).OfType<long>().Count());
    }

    [Fact]
    public async Task What_was_stored_in_a_try_whose_answer_was_lost_is_read_though_its_seq_is_not_known()
    {
        await using var stream = OpenStream.Of(_store);
        await stream.ReadUntilCaughtUpAsync();
        stream.PublishElsewhere();

        stream.Hub.Deliver(new Belfry.Mailboxes.Lanes.StoredBatch([], ["u"]));
        await stream.ReadLaggardsAsync();

        Assert.Single((await stream.ReadUntilSeqAsync(1)).Select(OpenStream.SeqOf).OfType<long>());
    }

    [Fact]
    public async Task A_seq_that_there_is_not_is_not_waited_for()
    {
        await using var stream = OpenStream.Of(_store);
        await stream.ReadUntilCaughtUpAsync();
        stream.PublishElsewhere();

        // As a wake-up does for another user with the same hash.
        stream.Wake("u", 1000);
        await stream.ReadLaggardsAsync();
        await stream.ReadLaggardsAsync();
        Assert.Single((await stream.ReadUntilSeqAsync(1)).Select(OpenStream.SeqOf).OfType<long>());
        while (stream.Subscription.LiveTail is null) await Task.Yield();
        stream.Publish();

        Assert.Equal([2], (await stream.ReadUntilSeqAsync(2)).Select(OpenStream.SeqOf).OfType<long>());
    }

    [Fact]
    public async Task Two_streams_of_a_user_both_get_what_they_lack()
    {
        await using var stream = OpenStream.Of(_store);
        await stream.ReadUntilCaughtUpAsync();
        stream.Publish();
        await stream.ReadUntilSeqAsync(1);
        stream.PublishElsewhere();
        stream.Wake("u", 2);

        Assert.Equal([new Belfry.Mailboxes.MailboxPlace("u", 1)], stream.Hub.FindLive(Belfry.Cluster.Wakes.UserHash.Of("u")));
        await stream.ReadLaggardsAsync();

        Assert.Equal(2, OpenStream.SeqOf((await stream.ReadUntilSeqAsync(2))[^1]));
    }
}
