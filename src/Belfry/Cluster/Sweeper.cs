using Belfry.Cluster.Postgres;
using Belfry.Cluster.Wakes;
using Belfry.Mailboxes;
using Microsoft.Extensions.Options;

namespace Belfry.Cluster;

/// <summary>
/// Repairs lost wake-ups: looks through what the log has received since the last look, whoever stored it, and wakes those who
/// have not had it. What it costs grows with the events of half a second, not with mailboxes or connections. Only while there
/// are others: what this instance stores itself is handed over in memory.
/// </summary>
internal sealed partial class Sweeper : BackgroundService
{
    /// <summary>After so long everyone looks for himself: that is bounded, and a look over it is not.</summary>
    private static readonly TimeSpan LongestLook = TimeSpan.FromMinutes(1);

    private static readonly TimeSpan SummarizeEvery = TimeSpan.FromSeconds(2);

    private readonly PostgresSweep _log;
    private readonly WakeCalls _calls;
    private readonly Members _members;
    private readonly StoreMonitor _monitor;
    private readonly ClusterMetrics _metrics;
    private readonly TimeProvider _time;
    private readonly ILogger<Sweeper> _logger;
    private readonly TimeSpan _interval;

    // One demand is as good as many.
    private readonly SemaphoreSlim _demand = new(0, 1);

    private DateTime? _since;
    private long _looked;
    private long _summarized;
    private bool _failing;

    public Sweeper(
        PostgresSweep log, WakeCalls calls, Members members, StoreMonitor monitor, ClusterMetrics metrics, IOptions<ClusterOptions> options, TimeProvider time,
        ILogger<Sweeper> logger)
    {
        _log = log;
        _calls = calls;
        _members = members;
        _monitor = monitor;
        _metrics = metrics;
        _time = time;
        _logger = logger;
        _interval = options.Value.SweepInterval;
        members.PeersChanged += Demand;
    }

    /// <summary>Asks for a look at once.</summary>
    public void Demand()
    {
        try
        {
            if (_demand.CurrentCount == 0) _demand.Release();
        }
        catch (SemaphoreFullException)
        {
            // Somebody else has just asked.
        }
    }

    /// <summary>One look; false: the store is away.</summary>
    internal async Task<bool> LookAsync(CancellationToken ct)
    {
        var began = _time.GetTimestamp();
        try
        {
            if (_looked != 0 && _time.GetElapsedTime(_looked, began) > LongestLook)
            {
                _since = null;
                _calls.CallEveryone();
            }

            var (users, next) = await _log.LookAsync(_since, ct);
            _since = next;
            _looked = began;
            _metrics.Swept(_time.GetElapsedTime(began));
            if (users.Count > 0) _metrics.Repaired(_calls.Call([.. users.Select(u => KeyValuePair.Create(UserHash.Of(u.UserId), u.Seq))]));
            await SummarizeAsync(ct);
            _failing = false;
            return true;
        }
        catch (StoreUnavailableException e)
        {
            if (!_failing) Log.NotSwept(_logger, e.Message);
            _failing = true;
            return false;
        }
    }

    public override void Dispose()
    {
        base.Dispose();
        _demand.Dispose();
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        try
        {
            await _monitor.Opened.WaitAsync(stoppingToken);
            while (true)
            {
                if (_members.HasPeers)
                {
                    await LookAsync(stoppingToken);
                }
                else
                {
                    // Where the others' first rows stand is not known before they come.
                    _since = null;
                    _looked = 0;
                }

                await _demand.WaitAsync(_interval, stoppingToken);
            }
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // The host stops.
        }
    }

    private async Task SummarizeAsync(CancellationToken ct)
    {
        if (!_members.Owns(Duties.Log))
        {
            _summarized = 0;
            return;
        }

        if (_summarized != 0 && _time.GetElapsedTime(_summarized) < SummarizeEvery) return;
        await _log.SummarizeAsync(all: _summarized == 0, ct);
        _summarized = _time.GetTimestamp();
    }

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Warning, "What other instances have stored could not be looked for, and is looked for again: {Reason}")]
        public static partial void NotSwept(ILogger logger, string reason);
    }
}
