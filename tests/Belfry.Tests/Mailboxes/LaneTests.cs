using Belfry.Contracts;
using Belfry.Mailboxes;
using Belfry.Mailboxes.Lanes;

namespace Belfry.Tests.Mailboxes;

public sealed class LaneTests
{
    private readonly LaneWorld _world = new();

    private MemoryMailboxStore Store => _world.Store;

    [Fact]
    public async Task A_batch_is_stored_by_priority_and_within_one_in_order_of_arrival()
    {
        var items = new[] { Priority.Low, Priority.High, Priority.Medium, Priority.High, Priority.Low }
            .Select((priority, n) => _world.Item("u", $"{n}", priority)).ToArray();

        await _world.StoreAsync(items);

        Assert.Equal(["1", "3", "2", "0", "4"], Assert.Single(Store.Appends).Items.Select(i => i.EventId));
        Assert.Equal([4L, 1, 3, 2, 5], items.Select(i => i.Answer.Seq));
        Assert.All(items, i => Assert.Equal(LaneOutcome.Stored, i.Outcome));
    }

    [Fact]
    public async Task What_was_stored_is_handed_on_and_duplicates_are_not()
    {
        await _world.StoreAsync(_world.Item("u", "1"));
        var repeated = _world.Item("u", "1");
        var other = _world.Item("u", "2");

        await _world.StoreAsync(repeated, other);

        Assert.True(repeated.Answer.Duplicate);
        Assert.Equal(1, repeated.Answer.Seq);
        Assert.Equal([other], _world.HandedOver[^1].Items);
        Assert.Empty(_world.HandedOver[^1].Wakes);
    }

    [Fact]
    public async Task A_try_whose_answer_was_lost_is_sent_again_as_it_was_and_is_no_duplicate()
    {
        Store.Script.Enqueue(batch =>
        {
            Store.StoreAll(batch);
            throw Away();
        });
        var item = _world.Item("u");

        await _world.StoreAsync(item);

        Assert.Equal(2, Store.Appends.Count);
        Assert.Same(Store.Appends[0].Items[0], Store.Appends[1].Items[0]);
        Assert.Equal(new { Seq = 1L, Duplicate = false }, new { item.Answer.Seq, item.Answer.Duplicate });

        // Other seqs of this user may lie between: streams are told to look into the log.
        Assert.Empty(_world.HandedOver.Single().Items);
        Assert.Equal(["u"], _world.HandedOver.Single().Wakes);
    }

    [Fact]
    public async Task A_store_that_is_away_is_tried_until_it_is_back()
    {
        for (var n = 0; n < 5; n++) Store.Script.Enqueue(_ => throw Away());
        var item = _world.Item("u");

        await _world.StoreAsync(item);

        Assert.Equal(6, Store.Appends.Count);
        Assert.Equal([item], _world.HandedOver.Single().Items);
    }

    [Fact]
    public async Task A_failure_that_nobody_foresaw_does_not_end_the_lane()
    {
        Store.Script.Enqueue(_ => throw new FormatException("a bug"));
        var item = _world.Item("u");

        await _world.StoreAsync(item);

        Assert.Equal(LaneOutcome.Stored, item.Outcome);
    }

    [Fact]
    public async Task Offsets_move_with_the_rows_and_the_lease_knows_it()
    {
        var lease = new TestLease();

        await _world.StoreAsync(_world.Item("u", lease, 3), _world.Poison(lease, 4), _world.Item("v", lease, 7));

        var batch = Assert.Single(Store.Appends);
        Assert.Equal(new OffsetMove(lease.Partition, -1, 8), Assert.Single(batch.Moves));
        Assert.Equal(4, Assert.Single(batch.DeadLetters).Offset);
        Assert.Equal(8, lease.Expected);
        Assert.Equal([LaneOutcome.Stored, LaneOutcome.DeadLettered, LaneOutcome.Stored], _world.Finished.OrderBy(i => i.Record!.Offset).Select(i => i.Outcome));
    }

    [Fact]
    public async Task An_offset_moves_only_with_the_last_item_of_its_record()
    {
        var lease = new TestLease { Expected = 3 };
        Store.Offsets[lease.Partition] = 3;

        await _world.StoreAsync(_world.Item("u", lease, 3), _world.Item("a", lease, 4, 0, endsSource: false));
        Assert.Equal(new OffsetMove(lease.Partition, 3, 4), Assert.Single(Store.Appends[0].Moves));

        // Nothing but the middle of a record: the offset stays, and whose it is is still found out.
        await _world.StoreAsync(_world.Item("b", lease, 4, 1, endsSource: false));
        Assert.Equal(new OffsetMove(lease.Partition, 4, 4), Assert.Single(Store.Appends[1].Moves));

        await _world.StoreAsync(_world.Item("c", lease, 4, 2), _world.Item("u", lease, 5, 0, endsSource: false));
        Assert.Equal(new OffsetMove(lease.Partition, 4, 5), Assert.Single(Store.Appends[2].Moves));
        Assert.Equal(5, lease.Expected);
    }

    [Fact]
    public async Task A_partition_that_begins_anew_moves_its_offset_back()
    {
        var lease = new TestLease { Expected = 3000 };
        Store.Offsets[lease.Partition] = 3000;

        await _world.StoreAsync(_world.Item("u", lease, 0), _world.Item("u", lease, 1));

        Assert.Equal(new OffsetMove(lease.Partition, 3000, 2), Assert.Single(Store.Appends.Single().Moves));
    }

    [Fact]
    public async Task A_lost_answer_whose_offset_has_moved_is_recognised_as_our_own()
    {
        var lease = new TestLease();
        Store.Script.Enqueue(batch =>
        {
            Store.StoreAll(batch);
            throw Away();
        });
        var item = _world.Item("u", lease, 3);

        await _world.StoreAsync(item);

        Assert.False(lease.WasFenced);
        Assert.Equal(4, lease.Expected);
        Assert.Empty(Store.Appends[^1].Moves);
        Assert.Equal(LaneOutcome.Stored, item.Outcome);
        Assert.False(item.Answer.Duplicate);
    }

    [Fact]
    public async Task A_partition_that_another_consumer_has_moved_is_dropped_and_the_rest_is_stored()
    {
        var lease = new TestLease { Expected = 3 };
        Store.Offsets[lease.Partition] = 9;
        var (zombie, other) = (_world.Item("u", lease, 3), _world.Item("v"));

        await _world.StoreAsync(zombie, other);

        Assert.True(lease.WasFenced);
        Assert.Equal(LaneOutcome.Dropped, zombie.Outcome);
        Assert.Equal(LaneOutcome.Stored, other.Outcome);
        Assert.Equal(9, Store.Offsets[lease.Partition]);
        Assert.Equal(["v"], Store.Appends[^1].Items.Select(i => i.UserId));
    }

    [Fact]
    public async Task What_a_lost_partition_left_behind_is_not_stored()
    {
        var lease = new TestLease { IsHeld = false };
        var item = _world.Item("u", lease, 3);

        await _world.StoreAsync(item);

        Assert.Empty(Store.Appends);
        Assert.Equal(LaneOutcome.Dropped, item.Outcome);
    }

    [Fact]
    public async Task A_partition_lost_while_the_outcome_is_unknown_wakes_those_who_may_have_got_something()
    {
        var lease = new TestLease();
        Store.Script.Enqueue(batch =>
        {
            Store.StoreAll(batch);
            lease.IsHeld = false;
            throw Away();
        });

        await _world.StoreAsync(_world.Item("u", lease, 3));

        Assert.Equal(["u"], _world.HandedOver.Single().Wakes);
    }

    [Fact]
    public async Task An_item_that_the_store_refuses_is_found_and_the_others_are_stored()
    {
        var lease = new TestLease();
        AppendResult? RefuseBad(AppendBatch batch) => batch.Items.Any(i => i.UserId == "bad") ? new AppendResult.Refused("22P05: no") : null;
        for (var n = 0; n < 10; n++) Store.Script.Enqueue(RefuseBad);
        var (good, bad) = (_world.Item("good"), _world.Item("bad"));
        var (goodRecord, badRecord) = (_world.Item("good", lease, 1), _world.Item("bad", lease, 2));

        await _world.StoreAsync(good, bad, goodRecord, badRecord);

        Assert.Equal(LaneOutcome.Stored, good.Outcome);
        Assert.Equal((LaneOutcome.Refused, "22P05: no"), (bad.Outcome, bad.Refusal));
        Assert.Equal(LaneOutcome.Stored, goodRecord.Outcome);
        Assert.Equal(LaneOutcome.DeadLettered, badRecord.Outcome);
        Assert.Equal(3, lease.Expected);

        var last = Store.Appends[^1];
        Assert.Empty(last.Items);
        Assert.Equal([2, 2], Assert.Single(last.DeadLetters).Value!);
        Assert.Equal(3, Assert.Single(last.Moves).Next);
        Assert.Equal([good, goodRecord], _world.HandedOver.Single().Items);
    }

    [Fact]
    public async Task A_batch_that_is_refused_though_each_of_its_items_is_not_is_tried_with_pauses()
    {
        var lease = new TestLease();
        Store.Script.Enqueue(_ => new AppendResult.Refused("54000: too much at once"));
        Store.Script.Enqueue(_ => null);
        for (var n = 0; n < 3; n++) Store.Script.Enqueue(_ => new AppendResult.Refused("54000: still"));
        var item = _world.Item("u", lease, 1);

        var storing = _world.Lane.StoreAsync([item], TestContext.Current.CancellationToken);
        Assert.False(storing.IsCompleted);
        Assert.Equal(3, Store.Appends.Count);
        await _world.RunAsync(storing);

        Assert.Equal(LaneOutcome.Stored, item.Outcome);
        Assert.False(item.Answer.Duplicate);
        Assert.Equal(2, lease.Expected);
    }

    private static StoreUnavailableException Away() => new("away", new TimeoutException());
}
