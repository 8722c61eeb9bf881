using Belfry.Mailboxes;
using Belfry.Mailboxes.Lanes;
using Belfry.Mailboxes.Marks;
using Microsoft.Extensions.Options;

namespace Belfry.Cluster.Wakes;

/// <summary>
/// Hears what other instances have stored. The connection is made anew whenever it breaks, with growing pauses; what was
/// missed meanwhile is found by a sweep.
/// </summary>
internal sealed partial class WakeReceiver(
    IWakeBus bus, WakeSender sender, WakeCalls calls, Sweeper sweeper, Members members, InstanceIdentity identity, StoreMonitor monitor, ClusterMetrics metrics,
    IOptions<ClusterOptions> options, TimeProvider time, ILogger<WakeReceiver> log) : BackgroundService
{
    private bool _heard;
    private bool _failing;

    /// <summary>The connection stands; for tests.</summary>
    internal event Action? Listening;

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        try
        {
            await monitor.Opened.WaitAsync(stoppingToken);
            for (var attempt = 1; ; attempt = _heard ? 1 : attempt + 1)
            {
                _heard = false;
                try
                {
                    await bus.ListenAsync(OnListening, OnMessage, stoppingToken);
                }
                catch (WakeBusException e)
                {
                    metrics.Broke();
                    if (!_failing) Log.Broke(log, e.Message);
                    _failing = true;
                }

                await Task.Delay(Backoff.After(attempt), time, stoppingToken);
            }
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // The host stops.
        }
    }

    private void OnListening()
    {
        if (_failing) Log.Back(log, bus.Name);
        _failing = false;
        _heard = true;
        // Whoever hears the first words of an instance tells it from then on what he stores, and need not wait for its first beat.
        sender.Greet();
        sweeper.Demand();
        Listening?.Invoke();
    }

    private void OnMessage(string text)
    {
        if (!WakeMessage.TryRead(text, out var from, out var kind, out var users))
        {
            Log.Unreadable(log, text.Length);
            return;
        }

        if (from == identity.Id) return;
        metrics.Received();
        members.Heard(from, options.Value.Lease);
        switch (kind)
        {
            case WakeKind.Users:
                calls.Call(users);
                break;
            case WakeKind.State when InboxChangeBytes.TryRead(WakeMessage.ReadState(text), out var change):
                calls.CallChanged(change);
                break;
            case WakeKind.Look:
                sweeper.Demand();
                break;
        }
    }

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Warning, "Wake-ups of other instances do not come any more, and are listened for again: {Reason}")]
        public static partial void Broke(ILogger logger, string reason);

        [LoggerMessage(2, LogLevel.Information, "Wake-ups of other instances come again, over {Bus}")]
        public static partial void Back(ILogger logger, string bus);

        [LoggerMessage(3, LogLevel.Debug, "A message of {Length} characters on the channel is not a wake-up that this version can read")]
        public static partial void Unreadable(ILogger logger, int length);
    }
}
