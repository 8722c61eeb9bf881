using Belfry.Contracts;
using Belfry.Mailboxes;
using Belfry.Mailboxes.Marks;

namespace Belfry.Inbox;

/// <summary>
/// Takes notifications out of the counts when their time is over, and tells the streams. Each instance looks; the store lets one do
/// it. Between its looks nobody is shown an expired one either: whoever reads goes by the time.
/// </summary>
internal sealed partial class Expirer(
    IInboxStore inbox, StoreMonitor monitor, IEnumerable<IInboxListener> listeners, TimeProvider time, ILogger<Expirer> log) : BackgroundService
{
    private const int AtOnce = 1000;

    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(1);

    private readonly IInboxListener[] _listeners = [.. listeners];
    private bool _failing;

    /// <summary>One look; whether there may be more.</summary>
    private async Task<bool> LookAsync(CancellationToken ct)
    {
        try
        {
            var expired = await inbox.ExpireAsync(AtOnce, ct);
            foreach (var (user, generation) in expired.Changed)
            {
                // What it was stands in the database.
                var change = new InboxChange(user, generation, InboxChangeKind.Unknown, null, 0, 0, 0, new Counts(0, 0, 0));
                foreach (var listener in _listeners) listener.Changed(change);
            }

            _failing = false;
            return expired.Rows == AtOnce;
        }
        catch (StoreUnavailableException e)
        {
            if (!_failing) Log.NotLooked(log, e.Message);
            _failing = true;
            return false;
        }
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Interval, time);
        try
        {
            await monitor.Opened.WaitAsync(stoppingToken);
            while (await timer.WaitForNextTickAsync(stoppingToken))
            {
                while (await LookAsync(stoppingToken))
                {
                }
            }
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // The host stops.
        }
    }

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Warning, "What has expired could not be taken out of the inboxes, and is looked for again: {Reason}")]
        public static partial void NotLooked(ILogger logger, string reason);
    }
}
