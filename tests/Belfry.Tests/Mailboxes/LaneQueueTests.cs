using Belfry.Mailboxes.Lanes;

namespace Belfry.Tests.Mailboxes;

public sealed class LaneQueueTests
{
    private const long ManyBytes = 1_000_000;

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    private readonly LaneWorld _world = new();

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_lane_takes_what_is_there_without_waiting()
    {
        var queue = Queue();
        var items = Items(3);
        Assert.True(queue.TryAdd(items, express: false));

        Assert.Equal(items, await queue.TakeAsync(10, ManyBytes, TimeSpan.Zero, Ct));
    }

    [Fact]
    public async Task Express_items_are_taken_before_all_others()
    {
        var queue = Queue();
        var (slow, fast) = (Items(3), Items(3));
        queue.TryAdd(slow, express: false);
        queue.TryAdd(fast, express: true);

        Assert.Equal([.. fast, slow[0]], await queue.TakeAsync(4, ManyBytes, TimeSpan.Zero, Ct));
        Assert.Equal(slow[1..], await queue.TakeAsync(4, ManyBytes, TimeSpan.Zero, Ct));
    }

    [Fact]
    public async Task A_batch_is_bounded_in_items_and_in_bytes()
    {
        var queue = Queue();
        var items = Items(10);
        queue.TryAdd(items, express: false);

        Assert.Equal(4, (await queue.TakeAsync(4, ManyBytes, TimeSpan.Zero, Ct)).Count);
        Assert.Equal(2, (await queue.TakeAsync(4, items[0].Size + 1, TimeSpan.Zero, Ct)).Count);
        Assert.Single(await queue.TakeAsync(4, 1, TimeSpan.Zero, Ct));
    }

    [Fact]
    public async Task A_full_queue_refuses_everything_until_a_batch_has_been_taken()
    {
        var queue = Queue(maxItems: 4);
        Assert.True(queue.TryAdd(Items(3), express: false));

        // The last write may reach over the bound; a large one would else never find room among small ones.
        Assert.True(queue.TryAdd(Items(3), express: false));
        Assert.False(queue.TryAdd(Items(1), express: false));
        Assert.False(queue.HasRoom);
        var room = queue.Room;
        Assert.False(room.IsCompleted);

        await queue.TakeAsync(2, ManyBytes, TimeSpan.Zero, Ct);
        Assert.False(room.IsCompleted);
        await queue.TakeAsync(1, ManyBytes, TimeSpan.Zero, Ct);
        await room.WaitAsync(Patience, TimeProvider.System, Ct);
        Assert.False(queue.HasRoom);

        await queue.TakeAsync(2, ManyBytes, TimeSpan.Zero, Ct);
        Assert.True(queue.HasRoom);
        Assert.True(queue.TryAdd(Items(1), express: false));
    }

    [Fact]
    public void A_queue_is_bounded_in_bytes_too()
    {
        var queue = new LaneQueue(1000, 500, _world.Time);

        Assert.True(queue.TryAdd(Items(2), express: false));
        Assert.False(queue.TryAdd(Items(1), express: false));
    }

    [Fact]
    public async Task With_a_wait_a_batch_goes_when_it_is_full_or_when_the_wait_is_over()
    {
        var queue = Queue();
        var wait = TimeSpan.FromMilliseconds(50);

        var taking = queue.TakeAsync(5, ManyBytes, wait, Ct);
        queue.TryAdd(Items(2), express: false);
        await SettleAsync();
        Assert.False(taking.IsCompleted);
        await _world.RunAsync(taking);
        Assert.Equal(2, (await taking).Count);

        taking = queue.TakeAsync(5, ManyBytes, wait, Ct);
        queue.TryAdd(Items(2), express: false);
        await SettleAsync();
        Assert.False(taking.IsCompleted);
        queue.TryAdd(Items(4), express: false);
        Assert.Equal(5, (await taking.WaitAsync(Patience, TimeProvider.System, Ct)).Count);
    }

    [Fact]
    public async Task Nobody_waits_for_a_batch_to_fill_up_that_has_no_room_to()
    {
        var queue = new LaneQueue(1000, 500, _world.Time);
        queue.TryAdd(Items(2), express: false);

        Assert.Equal(2, (await queue.TakeAsync(10, ManyBytes, TimeSpan.FromMinutes(1), Ct).WaitAsync(Patience, TimeProvider.System, Ct)).Count);
    }

    [Fact]
    public async Task What_its_owner_has_withdrawn_is_not_taken()
    {
        var queue = Queue();
        var items = Items(3);
        queue.TryAdd(items, express: false);

        Assert.True(items[1].TryWithdraw());
        Assert.Equal([items[0], items[2]], await queue.TakeAsync(10, ManyBytes, TimeSpan.Zero, Ct));
        Assert.False(items[0].TryWithdraw());
    }

    [Fact]
    public async Task A_complete_queue_gives_what_it_has_and_then_nothing()
    {
        var queue = Queue();
        queue.TryAdd(Items(2), express: false);
        queue.Complete();

        Assert.False(queue.TryAdd(Items(1), express: false));
        Assert.Equal(2, (await queue.TakeAsync(10, ManyBytes, TimeSpan.Zero, Ct)).Count);
        Assert.Empty(await queue.TakeAsync(10, ManyBytes, TimeSpan.Zero, Ct));
    }

    private LaneQueue Queue(int maxItems = 1000) => new(maxItems, ManyBytes, _world.Time);

    private LaneItem[] Items(int count) => [.. Enumerable.Range(0, count).Select(_ => _world.Item("u"))];

    /// <summary>Lets the taker come as far as it comes without the clock.</summary>
    private static async Task SettleAsync()
    {
        for (var n = 0; n < 100; n++) await Task.Yield();
    }
}
