using Belfry.Cluster;
using Belfry.Mailboxes;
using Microsoft.Extensions.Options;

namespace Belfry.Work.Webhooks;

/// <summary>
/// One endpoint at work: it looks through the log, and has an engine of its own for what it finds, with its own ranks, workers
/// and pauses. So an endpoint that hangs takes no worker from others, and what waits for it stands in nobody's way.
/// </summary>
internal sealed partial class EndpointQueue : IDisposable
{
    /// <summary>With so many tasks waiting nothing more is looked for; what is delivered meanwhile never becomes one.</summary>
    private const int Room = 10_000;

    private const int PageRows = 2000;

    private static readonly TimeSpan ShortestSpan = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan LongestSpan = TimeSpan.FromDays(1);

    /// <summary>What has been due for longer is not sent: nobody wants last week's mail because an endpoint came back.</summary>
    private static readonly TimeSpan TooOld = TimeSpan.FromDays(3);

    private readonly IWebhookStore _store;
    private readonly IServiceProvider _services;
    private readonly WebhookClient _client;
    private readonly WebhookMetrics _metrics;
    private readonly TimeProvider _time;
    private readonly ILogger<EndpointQueue> _log;
    private readonly TimeSpan _interval;
    private readonly IOptions<WorkOptions> _options;
    private readonly TaskWakes _wakes;
    private readonly WebhookKind _kind;
    private TimeSpan _span = TimeSpan.FromMinutes(1);
    private bool _failing;

    public EndpointQueue(WebhookEndpoint endpoint, IServiceProvider services)
    {
        Endpoint = endpoint;
        _services = services;
        _time = services.GetRequiredService<TimeProvider>();
        _store = services.GetRequiredService<IWebhookStore>();
        _metrics = services.GetRequiredService<WebhookMetrics>();
        _log = services.GetRequiredService<ILogger<EndpointQueue>>();
        _client = new WebhookClient(endpoint, _time);
        Pause = new EndpointPause(endpoint.Options.Timeout + TimeSpan.FromSeconds(1), _time);

        // A sixtieth of the delay is little beside it.
        _interval = TimeSpan.FromSeconds(Math.Clamp(endpoint.Options.After.TotalSeconds / 60, 1, 5));
        var work = services.GetRequiredService<IOptions<WorkOptions>>().Value;
        _options = Options.Create(new WorkOptions
        {
            // Claimed is what can be begun at once: nothing waits in this process while the endpoint hangs.
            ChannelCapacity = endpoint.Options.Concurrency,
            Workers = endpoint.Options.Concurrency,
            ClaimBatch = Math.Max(1, endpoint.Options.Concurrency / 4),
            Pickers = 1,
            PollInterval = TimeSpan.FromSeconds(1),
            Lease = work.Lease,
            ReclaimInterval = work.ReclaimInterval,
        });
        _wakes = new TaskWakes(_options);
        _kind = new WebhookKind(
            endpoint, _store, _client, services.GetRequiredService<Presence>(), Pause, _wakes, _metrics, _time, services.GetRequiredService<ILogger<WebhookKind>>());
    }

    public WebhookEndpoint Endpoint { get; }

    public EndpointPause Pause { get; }

    public WebhookScan LastScan { get; private set; }

    /// <summary>Runs until the token says so; what is running then ends, and is told to the store.</summary>
    /// <param name="hardStop">There is no more time for that.</param>
    public async Task RunAsync(CancellationToken stop, CancellationToken hardStop)
    {
        var (engine, number) = ((WorkEngine?)null, 0);
        using var timer = new PeriodicTimer(_interval, _time);
        try
        {
            do
            {
                await LookAsync(stop);
                if (LastScan.Number == number) continue;

                // Known for the first time; or the endpoint was entered anew, in a database that was restored, say.
                await EndAsync(engine, hardStop);
                (engine, number) = (BuildEngine(LastScan.Number), LastScan.Number);
                await engine.StartAsync(stop);
            }
            while (await timer.WaitForNextTickAsync(stop));
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            // The host stops.
        }
        finally
        {
            await EndAsync(engine, hardStop);
        }
    }

    public void Dispose() => _client.Dispose();

    /// <summary>Looks through what has become due, page by page.</summary>
    internal async Task LookAsync(CancellationToken ct)
    {
        try
        {
            while (await LookOnceAsync(ct))
            {
            }

            _failing = false;
        }
        catch (StoreUnavailableException e)
        {
            if (!_failing) Log.NotLooked(_log, Endpoint.Name, e.Message);
            _failing = true;
        }
    }

    /// <summary>One page; true: there is more.</summary>
    private async Task<bool> LookOnceAsync(CancellationToken ct)
    {
        // What waits in the log costs nothing, and what is delivered meanwhile is never sent. Its number is asked for all the same.
        if (Pause.IsPaused && LastScan.Number != 0) return false;

        // Right after a page that was not the last one, a look is due whenever the one before was.
        var every = LastScan.More ? TimeSpan.Zero : _interval / 2;
        var scan = await _store.ScanAsync(
            new WebhookScanRequest(Endpoint.Name, Endpoint.Kind, Endpoint.Options.After, every, TooOld, _span, PageRows, Room, WebhookRetries.MaxAttempts, Endpoint.Types), ct);
        LastScan = scan.Done ? scan : LastScan with { Number = scan.Number, More = false };
        if (!scan.Done) return false;

        // A page is sorted out of its span: not much more than fits, and not so little that a long silence takes long.
        if (scan.Rows == PageRows) _span = Max(_span / 2, ShortestSpan);
        else if (scan.More) _span = Min(_span * 2, LongestSpan);

        if (scan.Skipped > TimeSpan.Zero) Log.Skipped(_log, Endpoint.Name, scan.Skipped, TooOld);
        if (scan.Added > 0)
        {
            _metrics.Found(Endpoint, scan.Added);
            _wakes.Wake();
        }

        return scan.More;
    }

    private static async Task EndAsync(WorkEngine? engine, CancellationToken hardStop)
    {
        if (engine is null) return;
        await engine.StopAsync(hardStop);
        engine.Dispose();
    }

    private WorkEngine BuildEngine(int number)
    {
        var kinds = new TaskKinds([_kind]) { Ranks = WebhookTask.RanksOf(number), Admit = Pause.Admit };
        var tasks = _services.GetRequiredService<ITaskStore>();
        var metrics = _services.GetRequiredService<WorkMetrics>();
        var board = new TaskBoard(_options, _wakes);
        return new WorkEngine(
            _services.GetRequiredService<StoreMonitor>(),
            board,
            new Pickers(tasks, board, _wakes, kinds, _services.GetRequiredService<InstanceIdentity>(), _options, metrics, _time),
            new Workers(board, kinds, _options, metrics, _time, _services.GetRequiredService<ILogger<Workers>>()),
            new Completions(tasks, board, metrics, _time),
            new LeaseKeeper(tasks, board, _wakes, _options, metrics, _time, _services.GetRequiredService<ILogger<LeaseKeeper>>()));
    }

    private static TimeSpan Max(TimeSpan a, TimeSpan b) => a > b ? a : b;

    private static TimeSpan Min(TimeSpan a, TimeSpan b) => a < b ? a : b;

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Warning, "The log could not be looked through for the webhook {Endpoint} yet: {Reason}")]
        public static partial void NotLooked(ILogger logger, string endpoint, string reason);

        [LoggerMessage(2, LogLevel.Warning, "The webhook {Endpoint} is not told of what was received in {Skipped} of the log, because it has been due for more than {TooOld}")]
        public static partial void Skipped(ILogger logger, string endpoint, TimeSpan skipped, TimeSpan tooOld);
    }
}
