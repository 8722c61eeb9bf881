using Belfry.Settings;
using Microsoft.Extensions.Options;

namespace Belfry.Mailboxes;

/// <summary>
/// Opens the store, however long that takes, watches whether it answers, and runs its maintenance. The server stays up while
/// the store is away; this says so, and goes on when it is back.
/// </summary>
internal sealed partial class StoreMonitor : BackgroundService
{
    private static readonly TimeSpan Beat = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan MaintenanceInterval = TimeSpan.FromMinutes(1);

    private readonly IMailboxStore _store;
    private readonly Readiness _readiness;
    private readonly MailboxesOptions _options;
    private readonly TimeProvider _time;
    private readonly ILogger<StoreMonitor> _log;
    private readonly TaskCompletionSource _opened = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private bool? _answers;

    public StoreMonitor(
        IMailboxStore store, Readiness readiness, IOptions<MailboxesOptions> options, TimeProvider time, ILogger<StoreMonitor> log)
    {
        _store = store;
        _readiness = readiness;
        _options = options.Value;
        _time = time;
        _log = log;
        readiness.Report("store", false, "not opened yet");
    }

    /// <summary>Completes when the store has been opened for the first time.</summary>
    public Task Opened => _opened.Task;

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Beat, _time);
        var maintained = 0L;
        try
        {
            do
            {
                if (!await BeatAsync(stoppingToken)) continue;
                if (maintained != 0 && _time.GetElapsedTime(maintained) < MaintenanceInterval) continue;
                maintained = _time.GetTimestamp();
                await MaintainAsync(stoppingToken);
            }
            while (await timer.WaitForNextTickAsync(stoppingToken));
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // The host stops.
        }
    }

    /// <summary>One look at the store; true when it answers.</summary>
    internal async Task<bool> BeatAsync(CancellationToken ct)
    {
        try
        {
            if (_answers is true) await _store.PingAsync(ct);
            else await _store.OpenAsync(ct);
        }
        catch (StoreUnavailableException e)
        {
            if (_answers is not false) Log.Away(_log, e.Message);
            _answers = false;
            _readiness.Report("store", false, e.Message);
            return false;
        }

        if (_answers is false) Log.Back(_log);
        _answers = true;
        _readiness.Report("store", true, null);
        _opened.TrySetResult();
        return true;
    }

    private async Task MaintainAsync(CancellationToken ct)
    {
        try
        {
            await _store.MaintainAsync(_options.Retention, ct);
        }
        catch (StoreUnavailableException e)
        {
            Log.NotMaintained(_log, e.Message);
        }
    }

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Warning, "The store does not answer; not ready, and trying again: {Reason}")]
        public static partial void Away(ILogger logger, string reason);

        [LoggerMessage(2, LogLevel.Information, "The store answers again")]
        public static partial void Back(ILogger logger);

        [LoggerMessage(3, LogLevel.Warning, "The store's maintenance did not complete and is tried again: {Reason}")]
        public static partial void NotMaintained(ILogger logger, string reason);
    }
}
