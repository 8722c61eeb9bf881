using System.Threading.Channels;
using Belfry.Mailboxes;
using Belfry.Work;
using Microsoft.Extensions.Options;

namespace Belfry.Ingest.Kafka;

/// <summary>
/// Sees to it that there is a <see cref="DeadLetterRelay"/> in the queue while there is something to relay. Looking from time to
/// time finds the letters of an instance that died, and those that came in the moment in which a relay had just ended.
/// </summary>
internal sealed class DeadLetterWatch(
    IMailboxStore store, StoreMonitor monitor, ITaskStore tasks, TaskWakes pickers, IOptions<KafkaOptions> options, TimeProvider time) : BackgroundService
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(5);

    // Full means that it is awake already.
    private readonly Channel<bool> _wakes = Channel.CreateBounded<bool>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite });

    /// <summary>There is a new dead letter. Any thread; never blocks.</summary>
    public void Wake() => _wakes.Writer.TryWrite(true);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        if (options.Value.DeadLetterTopic.Length == 0) return;
        try
        {
            await monitor.Opened.WaitAsync(stoppingToken);
            while (true)
            {
                await LookAsync(stoppingToken);
                await PauseAsync(stoppingToken);
            }
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // The host stops; the task is whoever's comes next.
        }
    }

    internal async Task LookAsync(CancellationToken ct)
    {
        try
        {
            if ((await store.ReadUnrelayedAsync(1, ct)).Count == 0) return;
            var added = await tasks.AddAsync([DeadLetterRelay.New()], ct);
            if (!added[0].Duplicate) pickers.Wake();
        }
        catch (StoreUnavailableException)
        {
            // The monitor says so; the next look comes.
        }
    }

    private async Task PauseAsync(CancellationToken ct)
    {
        using var limit = new CancellationTokenSource(Interval, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(ct, limit.Token);
        try
        {
            await _wakes.Reader.ReadAsync(either.Token);
        }
        catch (OperationCanceledException) when (!ct.IsCancellationRequested)
        {
            // Time for a look.
        }
    }
}
