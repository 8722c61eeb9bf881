using Belfry.Cluster;
using Belfry.Cluster.Postgres;
using Belfry.Cluster.Wakes;
using Belfry.Mailboxes.Postgres;
using Belfry.Servers;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;

namespace Belfry.SystemTests.Cluster;

/// <summary>Wake-ups over LISTEN and NOTIFY.</summary>
public sealed class PostgresWakeBusTests : WakeBusContract
{
    private readonly List<PostgresMailboxStore> _stores = [];
    private PostgresServer? _server;

    // One of its own: it is restarted.
    public override async ValueTask InitializeAsync()
    {
        _server = await Parts.RequireOrSkipAsync(() => PostgresServer.StartAsync(ct: Cancelled));
        Connect("belfry");
        await _stores[0].OpenAsync(Cancelled);
    }

    private protected override IWakeBus Connect(string channel)
    {
        var connections = new PostgresConnections(
            _server!.ConnectionString, directConnectionString: null, Options.Create(new PostgresOptions { MaxPoolSize = 4, MinPoolSize = 0 }), NullLoggerFactory.Instance);
        var store = new PostgresMailboxStore(connections, NullLogger<PostgresMailboxStore>.Instance);
        _stores.Add(store);
        return new PostgresWakeBus(store, connections, Options.Create(new ClusterOptions { Channel = channel }));
    }

    private protected override async Task RestartServerAsync()
    {
        await _server!.KillAsync();
        await _server.StartAgainAsync(Cancelled);
    }

    private protected override async ValueTask CleanUpAsync()
    {
        foreach (var store in _stores) await store.DisposeAsync();
        if (_server is not null) await _server.DisposeAsync();
    }
}
