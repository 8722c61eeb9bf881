using Belfry.Streaming;
using Belfry.Tests.Mailboxes;

namespace Belfry.Tests.Streaming;

/// <summary>Clients that say themselves what has arrived.</summary>
public sealed class AcknowledgementTests
{
    private readonly MemoryMailboxStore _store = new();

    [Fact]
    public async Task What_is_written_to_a_client_that_acknowledges_is_not_delivered_by_that()
    {
        await using var stream = OpenStream.Of(_store, change: request => request with { Acknowledges = true });
        await stream.ReadUntilCaughtUpAsync();
        stream.Publish();
        await stream.ReadUntilSeqAsync(1);

        await stream.PassAsync(TimeSpan.FromSeconds(30));

        Assert.Empty(_store.DeliveredMoves);
    }

    [Fact]
    public async Task While_one_of_a_users_clients_acknowledges_writes_to_the_others_do_not_count()
    {
        await using var stream = OpenStream.Of(_store);
        await stream.ReadUntilCaughtUpAsync();
        var other = new Subscription("u", stream.Subscription.Request with { Acknowledges = true }, stream.Context, () => { });
        stream.Hub.Add(other);
        stream.Publish();
        await stream.ReadUntilSeqAsync(1);
        await stream.PassAsync(TimeSpan.FromSeconds(30));
        Assert.Empty(_store.DeliveredMoves);

        stream.Hub.Remove(other);
        stream.Publish();
        await stream.ReadUntilSeqAsync(2);
        await stream.PassAsync(TimeSpan.FromSeconds(30));

        Assert.Equal(2, Assert.Single(_store.DeliveredMoves).Seq);
    }

    [Fact]
    public async Task Another_users_client_that_acknowledges_changes_nothing()
    {
        await using var stream = OpenStream.Of(_store);
        await stream.ReadUntilCaughtUpAsync();
        stream.Hub.Add(new Subscription("v", stream.Subscription.Request with { Acknowledges = true }, stream.Context, () => { }));
        stream.Publish();
        await stream.ReadUntilSeqAsync(1);

        await stream.PassAsync(TimeSpan.FromSeconds(30));

        Assert.Equal(1, Assert.Single(_store.DeliveredMoves).Seq);
    }

    [Fact]
    public async Task An_acknowledgement_is_stored_at_once()
    {
        await using var stream = OpenStream.Of(_store, change: request => request with { Acknowledges = true });

        await stream.Delivered.AcknowledgeAsync("u", 7, TestContext.Current.CancellationToken);

        Assert.Equal(7, Assert.Single(_store.DeliveredMoves).Seq);
    }
}
