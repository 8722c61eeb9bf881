using Belfry.Cluster.Postgres;
using Belfry.Mailboxes;
using Belfry.Mailboxes.Postgres;
using Belfry.Settings;
using Microsoft.Extensions.Options;

namespace Belfry.Cluster;

/// <summary>Says once a second that this instance lives, learns who else does, and leaves in good order.</summary>
internal sealed partial class Heartbeat(
    PostgresMembers table, Members members, Presence presence, InstanceIdentity identity, StoreMonitor monitor, Draining draining,
    IOptions<ClusterOptions> options, IOptions<PostgresOptions> postgres, TimeProvider time, ILogger<Heartbeat> log) : BackgroundService
{
    private readonly ClusterOptions _options = options.Value;
    private HashSet<Guid> _known = [];
    private int _pools;
    private bool _late;

    /// <summary>The last sign: whoever waits for our duties need not wait for the lease.</summary>
    public override async Task StopAsync(CancellationToken cancellationToken)
    {
        await base.StopAsync(cancellationToken);
        if (!monitor.Opened.IsCompletedSuccessfully) return;
        try
        {
            await table.LeaveAsync(identity.Id, cancellationToken);
        }
        catch (Exception e) when (e is StoreUnavailableException or OperationCanceledException)
        {
            // The lease runs out by itself.
        }
    }

    /// <summary>One sign of life; false: the database did not hear it.</summary>
    internal async Task<bool> BeatAsync(CancellationToken ct)
    {
        var asked = time.GetTimestamp();
        var isDraining = draining.Started.IsCancellationRequested;
        try
        {
            var beat = await table.BeatAsync(
                identity.Id, _options.Name, identity.Version, isDraining, presence.Streams, _options.Lease, isDraining ? [] : Duties.All, ct);
            members.Update(beat, asked, _options.Lease);
            if (!beat.Entered) presence.EnterAll();
            Tell(beat.All);
            CountPools(beat);
            _late = false;
            return true;
        }
        catch (StoreUnavailableException e)
        {
            if (!_late) Log.Late(log, e.Message);
            _late = true;
            return false;
        }
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        try
        {
            await monitor.Opened.WaitAsync(stoppingToken);
            using var timer = new PeriodicTimer(_options.Heartbeat, time);
            do
            {
                await BeatAsync(stoppingToken);
            }
            while (await timer.WaitForNextTickAsync(stoppingToken));
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // The host stops.
        }
    }

    private void Tell(IReadOnlyList<Member> all)
    {
        var now = all.Where(m => m.Alive && m.Id != identity.Id).ToDictionary(m => m.Id);
        foreach (var came in now.Values.Where(m => !_known.Contains(m.Id))) Log.Came(log, came.Name, came.Version, came.Id);
        foreach (var gone in _known.Where(id => !now.ContainsKey(id)))
        {
            if (all.FirstOrDefault(m => m.Id == gone) is { } dead) Log.Dead(log, dead.Name, dead.Id);
            else Log.Left(log, gone);
        }

        _known = [.. now.Keys];
    }

    /// <summary>Warns when the pools of all instances together may open more connections than the server takes.</summary>
    private void CountPools(Beat beat)
    {
        var pools = beat.All.Count(m => m.Alive);
        // Behind a pooler the server sees the pooler's connections.
        if (pools > _pools && pools * postgres.Value.MaxPoolSize > beat.MaxConnections && postgres.Value.Pooler == PostgresPooler.None)
        {
            Log.TooMany(log, pools, postgres.Value.MaxPoolSize, beat.MaxConnections);
        }

        _pools = pools;
    }

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Information, "Instance {Name} ({Version}, {Id}) is there")]
        public static partial void Came(ILogger logger, string name, string version, Guid id);

        [LoggerMessage(2, LogLevel.Warning, "Instance {Name} ({Id}) has given no sign of life for the time of its lease; its duties go to others")]
        public static partial void Dead(ILogger logger, string name, Guid id);

        [LoggerMessage(3, LogLevel.Information, "Instance {Id} has left")]
        public static partial void Left(ILogger logger, Guid id);

        [LoggerMessage(5, LogLevel.Warning, "{Instances} instances with pools of {MaxPoolSize} may want more than the {MaxConnections} connections that PostgreSQL takes: lower Belfry__Postgres__MaxPoolSize, or raise max_connections")]
        public static partial void TooMany(ILogger logger, int instances, int maxPoolSize, int maxConnections);

        [LoggerMessage(4, LogLevel.Warning, "This instance could not say that it lives, and tries on: {Reason}")]
        public static partial void Late(ILogger logger, string reason);
    }
}
