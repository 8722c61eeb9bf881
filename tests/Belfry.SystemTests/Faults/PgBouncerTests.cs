using Belfry.Servers;
using Belfry.SystemTests.Running;
using Xunit;

namespace Belfry.SystemTests.Faults;

/// <summary>The whole service through PgBouncer in transaction mode, which is killed in the middle.</summary>
public sealed class PgBouncerTests(SharedPostgres shared)
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_pooler_that_is_killed_under_load_is_waited_for_and_nothing_is_lost()
    {
        var database = await shared.CreateDatabaseAsync(Cancelled);
        var server = await shared.ServerAsync();
        await using var pooler = await Parts.RequireOrSkipAsync(() => PgBouncer.StartAsync(server, poolSize: 6, Cancelled));
        await using var service = await Service.StartAsync(
            pooler.ConnectionStringFor(database), Cancelled, ("Belfry__Postgres__Pooler", "transaction"), ("ConnectionStrings__PostgresDirect", database));
        var load = new Load(service, database, users: 20);

        var publishing = load.PublishAsync(6000, Cancelled);
        await Eventually.HoldsAsync("enough is acknowledged", () => load.Acknowledged >= 2000, Patience, Cancelled);
        await pooler.KillAsync();
        await pooler.StartAgainAsync(Cancelled);

        await publishing;
        await load.CheckAsync(6000, Cancelled);
    }
}
