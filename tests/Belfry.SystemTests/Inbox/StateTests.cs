using System.Text.Json;
using Belfry.Contracts;
using Belfry.SystemTests.Running;
using Xunit;

namespace Belfry.SystemTests.Inbox;

/// <summary>What a user does on one device shows on all others, on every instance.</summary>
public sealed class StateTests(SharedPostgres shared)
{
    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_change_reaches_all_of_the_users_streams_and_nobody_elses()
    {
        await using var service = await InboxServers.StartAsync(await shared.CreateDatabaseAsync(Cancelled));
        await service.PublishAsync([.. Enumerable.Range(0, 5).Select(_ => Service.Event("user-1")), Service.Event("user-2")], Cancelled);
        await using var first = await InboxServers.OpenAsync(service, "user-1");
        await using var second = await InboxServers.OpenAsync(service, "user-1");
        await using var other = await InboxServers.OpenAsync(service, "user-2");
        using var client = new InboxClient(service, "user-1");

        await client.MarkAsync("read", 4, 2, 99);
        await client.MarkUpToAsync("seen", first.Cursor!);
        await client.DeleteAsync(5);

        foreach (var stream in (StreamClient[])[first, second])
        {
            Assert.Equal("""{"change":"read","seqs":[2,4],"state_version":1,"counts":{"unread":3,"unseen":3,"total":5}}""", (await stream.NextAsync(StreamEvents.State)).Data);
            Assert.Equal($$$"""{"change":"seen","up_to":"{{{first.Cursor}}}","state_version":2,"counts":{"unread":3,"unseen":0,"total":5}}""", (await stream.NextAsync(StreamEvents.State)).Data);
            var deleted = await stream.NextAsync(StreamEvents.State);
            Assert.Equal("""{"change":"deleted","seqs":[5],"state_version":3,"counts":{"unread":2,"unseen":0,"total":4}}""", deleted.Data);
            Assert.Null(deleted.Id);
        }

        await service.PublishAsync([Service.Event("user-2")], Cancelled);
        await other.TakeAsync(1);
        Assert.DoesNotContain(other.Rest(), b => b.Event == StreamEvents.State);
    }

    [Fact]
    public async Task Caught_up_tells_where_the_state_stands()
    {
        await using var service = await InboxServers.StartAsync(await shared.CreateDatabaseAsync(Cancelled));
        await service.PublishAsync([.. Enumerable.Range(0, 5).Select(_ => Service.Event("user-1"))], Cancelled);
        using var client = new InboxClient(service, "user-1");
        await client.MarkAsync("read", 1, 2);
        await client.MarkAsync("archive", 2, 3);

        await using var stream = service.Open("user-1");
        var caughtUp = (await stream.NextAsync(StreamEvents.CaughtUp)).CaughtUp;

        Assert.Equal((2, new Counts(2, 2, 3)), (caughtUp.StateVersion, caughtUp.Counts));
    }

    [Fact]
    public async Task What_was_deleted_is_not_replayed_and_prev_names_what_the_client_had()
    {
        await using var service = await InboxServers.StartAsync(await shared.CreateDatabaseAsync(Cancelled));
        await service.PublishAsync([.. Enumerable.Range(0, 6).Select(_ => Service.Event("user-1"))], Cancelled);
        using var client = new InboxClient(service, "user-1");
        await client.MarkAsync("archive", 1);
        foreach (var seq in (long[])[2, 3, 6]) await client.DeleteAsync(seq);

        await using var stream = service.Open("user-1", "?since=earliest", reconnect: false);
        var blocks = new List<StreamBlock>();
        while (blocks.Count == 0 || blocks[^1].Event != StreamEvents.CaughtUp) blocks.Add(await stream.NextAsync());

        Assert.Equal([(1, 0), (4, 1), (5, 4)], blocks.Where(b => b.Event == StreamEvents.Notification).Select(b => (b.Notification.Seq, b.Notification.Prev)));
        Assert.EndsWith("-6", stream.Cursor, StringComparison.Ordinal);
        await service.PublishAsync([Service.Event("user-1")], Cancelled);
        Assert.Equal((7, 6), (await stream.NextAsync(StreamEvents.Notification)).Notification is var n ? (n.Seq, n.Prev) : default);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_newer_one_takes_the_place_of_the_older_live_and_in_a_replay(bool postgres)
    {
        await using var service = await InboxServers.StartAsync(postgres ? await shared.CreateDatabaseAsync(Cancelled) : null);
        await using var live = await InboxServers.OpenAsync(service, "user-1");
        var likes = Service.Event("user-1") with { CollapseKey = "likes of 7" };
        await service.PublishAsync([likes with { Id = "1" }], Cancelled);
        await live.TakeAsync(1);
        await service.PublishAsync([likes with { Id = "2" }], Cancelled);

        Assert.Equal(2, (await live.NextAsync(StreamEvents.Notification)).Notification.Seq);
        Assert.Equal(
            """{"change":"collapsed","seqs":[1],"state_version":1,"counts":{"unread":1,"unseen":1,"total":1}}""", (await live.NextAsync(StreamEvents.State)).Data);

        await service.PublishAsync([.. Enumerable.Range(3, 298).Select(i => likes with { Id = $"{i}", CollapseKey = $"likes of {i % 3}" })], Cancelled);
        await using var back = service.Open("user-1", "?since=earliest");
        var replayed = new List<StreamBlock>();
        while (replayed.Count == 0 || replayed[^1].Event != StreamEvents.CaughtUp) replayed.Add(await back.NextAsync());
        Assert.Equal(
            [(2, 0), (298, 2), (299, 298), (300, 299)],
            replayed.Where(b => b.Event == StreamEvents.Notification).Select(b => (b.Notification.Seq, b.Notification.Prev)));
        Assert.Equal("likes of 2", replayed.Last(b => b.Event == StreamEvents.Notification && b.Notification.Seq == 299).Notification.CollapseKey);
        Assert.Equal(new Counts(4, 4, 4), replayed[^1].CaughtUp.Counts);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task What_has_expired_is_neither_pushed_nor_replayed_nor_counted(bool postgres)
    {
        await using var service = await InboxServers.StartAsync(postgres ? await shared.CreateDatabaseAsync(Cancelled) : null);
        await using var live = await InboxServers.OpenAsync(service, "user-1");
        var now = TimeProvider.System.GetUtcNow();
        await service.PublishAsync([Service.Event("user-1", "late") with { ExpiresAt = now.AddHours(-1) }, Service.Event("user-1", "short") with { ExpiresAt = now.AddSeconds(3) }], Cancelled);

        Assert.Equal((2, 0), (await live.NextAsync(StreamEvents.Notification)).Notification is var n ? (n.Seq, n.Prev) : default);
        long[] gone = [];
        while (gone.Length < 2)
        {
            var state = JsonSerializer.Deserialize((await live.NextAsync(StreamEvents.State)).Data, ContractsJson.Default.StateChanged)!;
            Assert.Equal("expired", state.Change);
            gone = [.. gone, .. state.Seqs!];
        }

        Assert.Equal([1, 2], gone);
        await using var back = service.Open("user-1", "?since=earliest");
        var first = await back.NextAsync(StreamEvents.Notification, StreamEvents.CaughtUp);
        Assert.Equal(new Counts(0, 0, 0), first.CaughtUp.Counts);
        Assert.EndsWith("-2", first.CaughtUp.Cursor, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Counts_on_a_stream_are_always_those_of_what_it_has_sent()
    {
        await using var service = await InboxServers.StartAsync(await shared.CreateDatabaseAsync(Cancelled));
        await using var stream = await InboxServers.OpenAsync(service, "user-1");
        using var client = new InboxClient(service, "user-1");
        var writer = Task.Run(
            async () =>
            {
                for (var i = 0; i < 60; i++) await service.PublishAsync([Service.Event("user-1"), Service.Event("user-1")], Cancelled);
            },
            Cancelled);
        for (var seq = 1; seq <= 30; seq++) await client.MarkAsync("archive", seq);
        await writer;
        var version = (await client.CountAsync()).StateVersion;

        long sent = 0, told = 0;
        while (told < version)
        {
            var block = await stream.NextAsync(StreamEvents.Notification, StreamEvents.State);
            if (block.Event == StreamEvents.Notification)
            {
                sent = block.Notification.Seq;
                continue;
            }

            var state = JsonSerializer.Deserialize(block.Data, ContractsJson.Default.StateChanged)!;
            Assert.True(state.StateVersion > told);
            told = state.StateVersion;
            // Each change has archived one.
            Assert.Equal(sent - told, state.Counts.Total);
        }
    }

    [Fact]
    public async Task A_change_on_one_instance_reaches_the_streams_of_another_at_once_and_without_its_message_in_a_moment()
    {
        var database = await shared.CreateDatabaseAsync(Cancelled);
        await using var a = await InboxServers.StartAsync(database);
        await using var b = await InboxServers.StartAsync(database);
        // It listens where nobody speaks.
        await using var deaf = await InboxServers.StartAsync(database, ("Belfry__Cluster__Channel", "nowhere"));
        foreach (var service in (Service[])[a, b, deaf]) await InboxServers.SeesOthersAsync(service, 3);
        await a.PublishAsync([.. Enumerable.Range(0, 900).Select(_ => Service.Event("user-1"))], Cancelled);
        await using var atB = await InboxServers.OpenAsync(b, "user-1");
        await using var atDeaf = await InboxServers.OpenAsync(deaf, "user-1");
        using var client = new InboxClient(a, "user-1");

        foreach (var stream in (StreamClient[])[atB, atDeaf]) Assert.EndsWith("-900", stream.Cursor, StringComparison.Ordinal);
        await client.MarkAsync("read", 3);
        foreach (var stream in (StreamClient[])[atB, atDeaf])
        {
            Assert.Equal("""{"change":"read","seqs":[3],"state_version":1,"counts":{"unread":899,"unseen":899,"total":900}}""", (await stream.NextAsync(StreamEvents.State)).Data);
        }

        // A large one, too.
        var every = Enumerable.Range(0, 450).Select(i => (long)(2 * i) + 1).ToArray();
        await client.MarkAsync("archive", every);
        foreach (var stream in (StreamClient[])[atB, atDeaf])
        {
            var state = JsonSerializer.Deserialize((await stream.NextAsync(StreamEvents.State)).Data, ContractsJson.Default.StateChanged)!;
            Assert.Equal(every, state.Seqs);
            Assert.Equal((2, 450), (state.StateVersion, state.Counts.Total));
        }
    }
}
