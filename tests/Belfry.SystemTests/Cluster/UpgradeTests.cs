using Belfry.Contracts;
using Belfry.Servers;
using Belfry.SystemTests.Running;
using Xunit;

namespace Belfry.SystemTests.Cluster;

/// <summary>A rolling upgrade: the release before this one and the present one beside each other, on the schema of the present one.</summary>
public sealed class UpgradeTests(SharedPostgres shared)
{
    private const int Users = 10;

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Fact]
    public async Task An_upgrade_under_load_loses_nothing_and_the_old_version_still_starts_on_the_new_schema()
    {
        var database = await shared.CreateDatabaseAsync(Cancelled);
        await using var old = await Parts.RequireOrSkipAsync(() => Service.StartPreviousAsync(database, Cancelled));
        var clients = Enumerable.Range(0, Users).Select(user => old.Open($"user-{user}", "?since=earliest")).ToArray();
        try
        {
            await using var present = await UpgradeAsync(old, database, clients);
        }
        finally
        {
            foreach (var client in clients) await client.DisposeAsync();
        }
    }

    [Fact]
    public async Task What_the_old_version_stores_reaches_streams_of_the_new_one_though_it_wakes_nobody()
    {
        var database = await shared.CreateDatabaseAsync(Cancelled);
        await using var old = await Parts.RequireOrSkipAsync(() => Service.StartPreviousAsync(database, Cancelled));
        await using var present = await Service.StartAsync(database, Cancelled);
        await using var client = present.Open("user-1");
        await client.NextAsync(StreamEvents.CaughtUp);

        await old.PublishAsync([Service.Event("user-1", "from the old one")], Cancelled);

        Assert.Equal("from the old one", (await client.TakeAsync(1))[0].Id);
    }

    /// <summary>Old, then both, the old one once more from its start, then the new one alone; events come in all the time.</summary>
    private static async Task<Service> UpgradeAsync(Service old, string database, StreamClient[] clients)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(Cancelled);
        var entrance = old;
        var publishing = PublishAsync(() => Volatile.Read(ref entrance), stop.Token);

        var present = await Service.StartAsync(database, Cancelled);
        await HaveAsync(clients, 20);
        Volatile.Write(ref entrance, present);
        Assert.Equal(0, (await old.Process.TerminateAsync(Patience, Cancelled)).ExitCode);
        await old.Process.StartAgainAsync(ct: Cancelled);
        Volatile.Write(ref entrance, old);
        await HaveAsync(clients, 20);

        foreach (var client in clients) client.MoveTo(present.Process.Url);
        Volatile.Write(ref entrance, present);
        Assert.Equal(0, (await old.Process.TerminateAsync(Patience, Cancelled)).ExitCode);
        await HaveAsync(clients, 20);
        await stop.CancelAsync();
        var published = await publishing;

        // Each client has every event once and in order, over both servers and its reconnects: HaveAsync has looked at the seqs.
        foreach (var client in clients)
        {
            var rest = await client.TakeAsync(published - 60);
            Assert.Equal(Enumerable.Range(61, published - 60).Select(n => (long)n), rest.Select(n => n.Seq));
            Assert.Equal($"e-{published - 1}", rest[^1].Id);
        }

        return present;
    }

    /// <summary>The next so many of each.</summary>
    private static async Task HaveAsync(StreamClient[] clients, int count)
    {
        foreach (var client in clients)
        {
            var taken = await client.TakeAsync(count);
            Assert.All(taken, n => Assert.Equal($"e-{n.Seq - 1}", n.Id));
            Assert.Equal(Enumerable.Range(0, count).Select(n => taken[0].Seq + n), taken.Select(n => n.Seq));
        }
    }

    /// <summary>One event after the other for all users; answers how many each has got.</summary>
    private static async Task<int> PublishAsync(Func<Service> entrance, CancellationToken stop)
    {
        for (var n = 0; ; n++)
        {
            if (stop.IsCancellationRequested && n > 60) return n;
            await PublishUntilTakenAsync(entrance, [.. Enumerable.Range(0, Users).Select(user => Service.Event($"user-{user}", $"e-{n}"))]);
        }
    }

    /// <summary>Each try goes to the server that takes events now.</summary>
    private static async Task PublishUntilTakenAsync(Func<Service> entrance, IReadOnlyList<PublishEvent> events)
    {
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(Cancelled);
        deadline.CancelAfter(Patience);
        await Eventually.HoldsAsync("the events are taken", async ct =>
        {
            try
            {
                using var answer = await entrance().TryPublishAsync(events, ct);
                return answer.IsSuccessStatusCode;
            }
            catch (HttpRequestException)
            {
                return false;
            }
        }, Patience, deadline.Token);
    }
}
