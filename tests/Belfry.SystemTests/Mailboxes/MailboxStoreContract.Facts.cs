using Belfry.Mailboxes;
using Belfry.Mailboxes.Postgres;
using Belfry.Mailboxes.Sqlite;
using Xunit;

namespace Belfry.SystemTests.Mailboxes;

/// <summary>What the store tells an operator about itself.</summary>
public abstract partial class MailboxStoreContract
{
    [Fact]
    public async Task Statuses_are_counted_while_the_log_is_small()
    {
        Assert.Empty((await Facts().ReadStatusAsync(Cancelled)).Counts);
        await AppendAsync([.. Events.Several("a", 6), .. Events.Several("b", 3)]);
        await Store.MoveDeliveredAsync([new Delivered("a", 4)], Cancelled);

        var status = await Facts().ReadStatusAsync(Cancelled);

        Assert.Null(status.SampledRows);
        Assert.Equal([new StatusCount("delivered", 4), new StatusCount("pending", 5)], status.Counts);
    }

    [Fact]
    public async Task Statuses_are_estimated_from_a_sample_when_it_is_large()
    {
        var users = Enumerable.Range(0, 100).Select(i => $"user-{i}").ToList();
        foreach (var _ in Enumerable.Range(0, 4)) await AppendAsync([.. users.SelectMany(u => Events.Several(u, 25))]);
        await Store.MoveDeliveredAsync([.. users.Select(u => new Delivered(u, 25))], Cancelled);

        var status = await Facts(countUpTo: 0).ReadStatusAsync(Cancelled);

        Assert.InRange(status.SampledRows!.Value, 3_000, 10_000);
        var share = status.Counts.ToDictionary(c => c.Status, c => c.Count / (double)status.Counts.Sum(s => s.Count));
        Assert.InRange(share["delivered"], 0.2, 0.3);
        Assert.InRange(share["pending"], 0.7, 0.8);
        Assert.InRange(status.Counts.Sum(c => c.Count), 9_000, 11_000);
    }

    [Fact]
    public async Task The_store_tells_its_size()
    {
        await AppendAsync(Events.Several("a", 100));

        var size = await Facts().ReadSizeAsync(Cancelled);

        Assert.InRange(size.Bytes, 10_000, long.MaxValue);
        Assert.All(size.Tables, table => Assert.InRange(table.Bytes, 0, size.Bytes));
        if (Store is PostgresMailboxStore)
        {
            Assert.Contains(size.Tables, table => table.Name == "notifications");
            Assert.DoesNotContain(size.Tables, table => table.Name.StartsWith("notifications_", StringComparison.Ordinal));
            Assert.InRange(size.Connections!.Value, 1, size.MaxConnections!.Value);
        }
    }

    private IStoreFacts Facts(long? countUpTo = null) => Store switch
    {
        PostgresMailboxStore store when countUpTo is { } pages => new PostgresStoreFacts(store) { CountedPages = pages },
        PostgresMailboxStore store => new PostgresStoreFacts(store),
        SqliteMailboxStore store when countUpTo is { } rows => new SqliteStoreFacts(store) { CountedRows = rows },
        SqliteMailboxStore store => new SqliteStoreFacts(store),
        _ => throw new InvalidOperationException("There are no facts about this store."),
    };
}
