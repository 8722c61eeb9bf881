using Belfry.Contracts;
using Belfry.Mailboxes.Marks;
using Belfry.Tests.Mailboxes;

namespace Belfry.Tests.Streaming;

/// <summary>What a stream tells of the user's changes, and when.</summary>
public sealed class SubscriptionStateTests
{
    private readonly MemoryMailboxStore _store = new();

    [Fact]
    public async Task What_has_been_sent_since_a_change_is_added_to_its_counts()
    {
        await using var stream = OpenStream.Of(_store);
        await stream.ReadUntilCaughtUpAsync();
        for (var i = 0; i < 3; i++) stream.Publish();
        await stream.ReadUntilSeqAsync(3);

        stream.Hub.Changed(Read(version: 1, lastSeq: 1, new Counts(0, 0, 1)));

        Assert.Contains("""{"change":"read","seqs":[1],"state_version":1,"counts":{"unread":2,"unseen":2,"total":3}}""", await StateAsync(stream), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_change_waits_for_what_was_in_the_mailbox_when_it_was_made()
    {
        await using var stream = OpenStream.Of(_store);
        await stream.ReadUntilCaughtUpAsync();

        stream.Hub.Changed(Read(version: 1, lastSeq: 2, new Counts(1, 1, 2)));
        stream.Publish();
        stream.Publish();
        var blocks = await stream.ReadUntilAsync(IsState);

        Assert.Equal([1, 2, null], blocks.Select(OpenStream.SeqOf));
        Assert.Contains("\"unread\":1", blocks[^1], StringComparison.Ordinal);
    }

    [Fact]
    public async Task Changes_that_come_out_of_order_are_told_in_order_and_none_twice()
    {
        await using var stream = OpenStream.Of(_store);
        await stream.ReadUntilCaughtUpAsync();

        foreach (var version in (long[])[2, 1, 3, 2, 1]) stream.Hub.Changed(Read(version, lastSeq: 1, new Counts(0, 0, 1)));
        stream.Publish();
        var versions = (await stream.ReadUntilAsync(b => b.Contains("\"state_version\":3", StringComparison.Ordinal))).Where(IsState).ToList();

        Assert.Equal(3, versions.Count);
        Assert.Equal((0, 3), stream.Subscription.StateKnown);
    }

    [Fact]
    public async Task Of_many_that_wait_only_the_newest_is_told()
    {
        await using var stream = OpenStream.Of(_store);
        await stream.ReadUntilCaughtUpAsync();

        for (var version = 1; version <= 17; version++) stream.Hub.Changed(Read(version, lastSeq: 1, new Counts(0, 0, 1)));
        stream.Publish();

        Assert.Contains("\"state_version\":17", await StateAsync(stream), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_change_that_is_known_of_but_not_known_is_asked_for()
    {
        await using var stream = OpenStream.Of(_store);
        await stream.ReadUntilCaughtUpAsync();
        var missed = new List<string>();
        stream.Hub.ChangeMissed += missed.Add;

        stream.Hub.Changed(Read(version: 1, lastSeq: 0, new Counts(0, 0, 0)) with { Kind = InboxChangeKind.Unknown });
        stream.Hub.Changed(Read(version: 1, lastSeq: 0, new Counts(0, 0, 0)) with { Kind = InboxChangeKind.Unknown, UserId = "somebody else" });

        Assert.Equal(["u"], missed);
    }

    [Fact]
    public async Task A_change_in_another_history_is_not_told()
    {
        await using var stream = OpenStream.Of(_store);
        await stream.ReadUntilCaughtUpAsync();

        stream.Hub.Changed(Read(version: 7, lastSeq: 0, new Counts(0, 0, 0)) with { Generation = 1 });
        stream.Hub.Changed(Read(version: 1, lastSeq: 0, new Counts(0, 0, 0)));

        Assert.Contains("\"state_version\":1", await StateAsync(stream), StringComparison.Ordinal);
    }

    private static InboxChange Read(long version, long lastSeq, Counts counts) => new("u", 0, InboxChangeKind.Read, [1], 0, version, lastSeq, counts);

    private static bool IsState(string block) => block.StartsWith("event: state", StringComparison.Ordinal);

    private static async Task<string> StateAsync(OpenStream stream) => (await stream.ReadUntilAsync(IsState))[^1];
}
