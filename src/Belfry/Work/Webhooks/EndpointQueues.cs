using Belfry.Mailboxes;
using Belfry.Settings;

namespace Belfry.Work.Webhooks;

/// <summary>Runs the endpoints that the settings name, from the opening of the store on. Without any it does nothing.</summary>
internal sealed partial class EndpointQueues(
    NamedSettings<WebhookOptions> settings, IWebhookStore store, StoreMonitor monitor, WebhookMetrics metrics, IServiceProvider services,
    ILogger<EndpointQueues> log) : BackgroundService
{
    // What is told to the store after the grace time comes too late for somebody.
    private readonly CancellationTokenSource _hardStop = new();

    public override async Task StopAsync(CancellationToken cancellationToken)
    {
        await using var hard = cancellationToken.Register(_hardStop.Cancel);
        await base.StopAsync(cancellationToken);
    }

    public override void Dispose()
    {
        base.Dispose();
        _hardStop.Dispose();
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        List<EndpointQueue> queues = [.. settings.ByName.Select(named => new EndpointQueue(new WebhookEndpoint(named.Key, named.Value), services))];
        metrics.Observe(queues);
        try
        {
            await monitor.Opened.WaitAsync(stoppingToken);
            await TellOfStrandedAsync(stoppingToken);
            await Task.WhenAll(queues.Select(queue => queue.RunAsync(stoppingToken, _hardStop.Token)));
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // The host stops.
        }
        finally
        {
            foreach (var queue in queues) queue.Dispose();
        }
    }

    /// <summary>An endpoint that was taken out of the settings leaves its tasks to whoever puts it back, or deletes them.</summary>
    private async Task TellOfStrandedAsync(CancellationToken ct)
    {
        try
        {
            foreach (var (name, waiting) in await store.ListStrandedAsync([.. settings.ByName.Keys], ct)) Log.Stranded(log, waiting, name);
        }
        catch (StoreUnavailableException)
        {
            // The monitor says so; this is for the operator's information only.
        }
    }

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Warning, "{Waiting} messages wait for the webhook {Endpoint}, which these settings do not name; they wait until it is back")]
        public static partial void Stranded(ILogger logger, long waiting, string endpoint);
    }
}
