using Belfry.Cluster.Wakes;
using Belfry.Mailboxes.Lanes;
using Belfry.Streaming;
using Belfry.Tests.Mailboxes;
using Microsoft.Extensions.Time.Testing;

namespace Belfry.Tests.Streaming;

public sealed class HubTests
{
    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_lane_that_stores_after_the_hub_has_ended_goes_on()
    {
        using var services = new ServiceCollection().AddMetrics().BuildServiceProvider();
        var metrics = new StreamMetrics(services.GetRequiredService<System.Diagnostics.Metrics.IMeterFactory>());
        using var hub = new Hub(new MemoryMailboxStore(), Alone.Presence(), new WakeCalls(), new Laggards(), metrics, new FakeTimeProvider());
        await hub.StartAsync(Cancelled);
        await hub.StopAsync(Cancelled);

        await hub.StoredAsync(new StoredBatch([], ["u"]), Cancelled);
    }
}
