using Belfry.Cluster;
using Belfry.Cluster.Redis;
using Belfry.Cluster.Wakes;
using Belfry.Servers;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;

namespace Belfry.SystemTests.Cluster;

/// <summary>Wake-ups over Redis' pub/sub.</summary>
public sealed class RedisWakeBusTests : WakeBusContract
{
    private RedisServer? _server;

    public override async ValueTask InitializeAsync() => _server = await Parts.RequireOrSkipAsync(() => RedisServer.StartAsync(Cancelled));

    private protected override IWakeBus Connect(string channel) =>
        new RedisWakeBus(_server!.ConnectionString, Options.Create(new ClusterOptions { Channel = channel }), NullLoggerFactory.Instance);

    private protected override async Task RestartServerAsync()
    {
        await _server!.KillAsync();
        await _server.StartAgainAsync(Cancelled);
    }

    private protected override async ValueTask CleanUpAsync()
    {
        if (_server is not null) await _server.DisposeAsync();
    }
}
