using Belfry.Mailboxes;
using Xunit;

namespace Belfry.SystemTests.Mailboxes;

/// <summary>Kafka positions, which move with the rows or not at all, and dead letters.</summary>
public abstract partial class MailboxStoreContract
{
    private static readonly PartitionKey P0 = new("kafka", "group", "events", 0);
    private static readonly PartitionKey P1 = P0 with { Partition = 1 };

    [Fact]
    public async Task A_partition_that_was_never_seen_begins_at_minus_one()
    {
        var offsets = await Store.ReadOffsetsAsync([P0, P1], Cancelled);

        Assert.Equal(new Dictionary<PartitionKey, long> { [P0] = -1, [P1] = -1 }, offsets);
        Assert.Equal([(P0, -1), (P1, -1)], await Store.ListOffsetsAsync(Cancelled));
    }

    [Fact]
    public async Task Offsets_move_with_the_rows_over_holes_too()
    {
        await Store.ReadOffsetsAsync([P0, P1], Cancelled);

        await MovedAsync([Events.New("a")], new OffsetMove(P0, -1, 100));
        await MovedAsync([Events.New("a")], new OffsetMove(P0, 100, 107), new OffsetMove(P1, -1, 3));
        await MovedAsync([], new OffsetMove(P1, 3, 4));
        await ReopenAsync();

        Assert.Equal([(P0, 107), (P1, 4)], await Store.ListOffsetsAsync(Cancelled));
        Assert.Equal(2, (await Store.ReadHeadAsync("a", Cancelled)).LastSeq);
    }

    [Fact]
    public async Task An_offset_may_be_moved_back_by_the_consumer_that_holds_the_partition()
    {
        await Store.ReadOffsetsAsync([P0], Cancelled);
        await MovedAsync([], new OffsetMove(P0, -1, 50));
        await MovedAsync([], new OffsetMove(P0, 50, 100));

        await MovedAsync([Events.New("a")], new OffsetMove(P0, 100, 20));

        Assert.Equal([(P0, 20)], await Store.ListOffsetsAsync(Cancelled));
        Assert.IsType<AppendResult.Fenced>(await MoveAsync([], new OffsetMove(P0, 100, 101)));
        await MovedAsync([], new OffsetMove(P0, 20, 60));
        await Store.MaintainAsync(TimeSpan.FromDays(30), Cancelled);
        await MovedAsync([], new OffsetMove(P0, 60, 61));
    }

    [Fact]
    public async Task Partitions_are_told_apart_by_cluster_group_topic_and_number()
    {
        PartitionKey[] all = [P0, P1, P0 with { Cluster = "other" }, P0 with { Group = "other" }, P0 with { Topic = "other" }];
        await Store.ReadOffsetsAsync(all, Cancelled);
        for (var i = 0; i < all.Length; i++) await MovedAsync([], new OffsetMove(all[i], -1, i));

        var offsets = await Store.ReadOffsetsAsync(all, Cancelled);

        Assert.Equal(Seqs(0, all.Length - 1), all.Select(p => offsets[p]));
    }

    [Theory]
    [InlineData(99)]
    [InlineData(101)]
    [InlineData(-1)]
    public async Task An_offset_that_is_not_the_expected_one_fences_the_whole_batch(long expected)
    {
        await Store.ReadOffsetsAsync([P0, P1], Cancelled);
        await MovedAsync([Events.New("a")], new OffsetMove(P0, -1, 100));

        var result = await Store.AppendAsync(
            new AppendBatch(
                [Events.New("a"), Events.New("new")],
                [new OffsetMove(P1, -1, 50), new OffsetMove(P0, expected, 150)],
                [Letter(P1, 10)]),
            Cancelled);

        Assert.Equal(P0, Assert.IsType<AppendResult.Fenced>(result).Partition);
        Assert.Equal([(P0, 100), (P1, -1)], await Store.ListOffsetsAsync(Cancelled));
        Assert.Empty(await Store.ReadUnrelayedAsync(10, Cancelled));
        Assert.Equal(default, await Store.ReadHeadAsync("new", Cancelled));
        Assert.Equal([2], (await AppendAsync(Events.New("a"))).Select(a => a.Seq));
    }

    [Fact]
    public async Task Of_two_consumers_that_move_one_partition_at_once_one_is_fenced()
    {
        var other = await OpenAsync();
        await Store.ReadOffsetsAsync([P0], Cancelled);
        for (var at = -1L; at < 40; at++)
        {
            var move = new OffsetMove(P0, at, at + 1);
            var results = await Task.WhenAll(((IMailboxStore[])[Store, other]).Select(store => Task.Run(
                () => store.AppendAsync(new AppendBatch([Events.New("a", $"{at}")], [move], []), Cancelled), Cancelled)));

            Assert.Single(results, r => r is AppendResult.Stored);
            Assert.Single(results, r => r is AppendResult.Fenced);
        }

        Assert.Equal([(P0, 40)], await Store.ListOffsetsAsync(Cancelled));
        Assert.Equal(Seqs(1, 41), (await ReadAllAsync("a")).Select(r => r.Seq));
    }

    [Theory]
    [InlineData(20)]
    [InlineData(0)]
    [InlineData(1000)]
    public async Task An_offset_set_by_hand_fences_the_consumer_that_holds_the_partition(long next)
    {
        await Store.ReadOffsetsAsync([P0], Cancelled);
        await MovedAsync([], new OffsetMove(P0, -1, 50));
        await MovedAsync([], new OffsetMove(P0, 50, 100));

        await Store.SetOffsetAsync(P0, next, Cancelled);

        Assert.IsType<AppendResult.Fenced>(await MoveAsync([Events.New("a")], new OffsetMove(P0, 100, 150)));
        await MovedAsync([Events.New("a")], new OffsetMove(P0, next, next + 5));
        Assert.Equal(next + 5, (await Store.ReadOffsetsAsync([P0], Cancelled))[P0]);
    }

    [Fact]
    public async Task An_offset_may_be_set_before_the_partition_was_ever_seen()
    {
        await Store.SetOffsetAsync(P0, 7, Cancelled);

        Assert.Equal([(P0, 7)], await Store.ListOffsetsAsync(Cancelled));
        await MovedAsync([Events.New("a")], new OffsetMove(P0, 7, 9));
    }

    [Fact]
    public async Task A_refused_batch_moves_no_offset()
    {
        await Store.ReadOffsetsAsync([P0], Cancelled);

        Assert.IsType<AppendResult.Refused>(await MoveAsync([Events.New("a", payload: "nonsense")], new OffsetMove(P0, -1, 10)));

        Assert.Equal([(P0, -1)], await Store.ListOffsetsAsync(Cancelled));
    }

    [Fact]
    public async Task Dead_letters_are_stored_with_the_batch_once()
    {
        await Store.ReadOffsetsAsync([P0], Cancelled);
        byte[] odd = [0, 255, 1, 0];
        var letters = new[]
        {
            new NewDeadLetter(P0, 4, "not JSON: 'ä'", "key"u8.ToArray(), odd),
            new NewDeadLetter(P0, 5, "no key", null, []),
            new NewDeadLetter(P0, 6, "no value", [], null),
        };

        await AppendDeadAsync(letters, new OffsetMove(P0, -1, 7));
        await PassTimeAsync(TimeSpan.FromSeconds(1));
        await AppendDeadAsync([letters[1], Letter(P0, 7)], new OffsetMove(P0, 7, 8));

        var stored = await Store.ReadUnrelayedAsync(10, Cancelled);
        Assert.Equal([4, 5, 6, 7], stored.Select(s => s.Letter.Offset).Order());
        Assert.Equal(7, stored[^1].Letter.Offset);
        Assert.All(stored, s => Assert.False(s.Relayed));
        foreach (var letter in letters)
        {
            var same = Assert.Single(stored, s => s.Letter.Offset == letter.Offset).Letter;
            Assert.Equal(P0, same.Partition);
            Assert.Equal(letter.Reason, same.Reason);
            Assert.Equal(letter.Key, same.Key);
            Assert.Equal(letter.Value, same.Value);
        }
    }

    [Fact]
    public async Task Relayed_dead_letters_are_not_read_again()
    {
        await Store.ReadOffsetsAsync([P0], Cancelled);
        await AppendDeadAsync([.. Seqs(1, 5).Select(offset => Letter(P0, offset))], new OffsetMove(P0, -1, 6));
        var first = await Store.ReadUnrelayedAsync(2, Cancelled);
        Assert.Equal(2, first.Count);

        await Store.MarkRelayedAsync([.. first.Select(s => s.Letter), Letter(P1, 99)], Cancelled);

        var rest = await Store.ReadUnrelayedAsync(10, Cancelled);
        Assert.Equal(3, rest.Count);
        Assert.Empty(rest.Select(s => s.Letter.Offset).Intersect(first.Select(s => s.Letter.Offset)));
        Assert.Equal(5, await ReadNumberAsync("SELECT count(*) FROM {0}dead_letters"));
    }

    private static NewDeadLetter Letter(PartitionKey partition, long offset) => new(partition, offset, "poison", null, "x"u8.ToArray());

    private Task<AppendResult> MoveAsync(NewNotification[] items, params OffsetMove[] moves) =>
        Store.AppendAsync(new AppendBatch(items, moves, []), Cancelled);

    private async Task MovedAsync(NewNotification[] items, params OffsetMove[] moves) =>
        Assert.IsType<AppendResult.Stored>(await MoveAsync(items, moves));

    private async Task AppendDeadAsync(NewDeadLetter[] letters, OffsetMove move) =>
        Assert.IsType<AppendResult.Stored>(await Store.AppendAsync(new AppendBatch([], [move], letters), Cancelled));
}
