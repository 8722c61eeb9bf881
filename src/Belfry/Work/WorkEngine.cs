using Belfry.Mailboxes;

namespace Belfry.Work;

/// <summary>The loops of the queue, from the opening of the store to an orderly end.</summary>
internal sealed class WorkEngine(
    StoreMonitor monitor, TaskBoard board, Pickers pickers, Workers workers, Completions completions, LeaseKeeper leases) : BackgroundService
{
    // The host waits for the whole of the grace time; what is told to the store after this comes too late for somebody.
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
        try
        {
            await monitor.Opened.WaitAsync(stoppingToken);
        }
        catch (OperationCanceledException)
        {
            return;
        }

        var running = workers.RunAsync(stoppingToken);
        var telling = completions.RunAsync(_hardStop.Token);
        var keeping = leases.RunAsync(_hardStop.Token);

        // From the source to the mouth: nothing is claimed any more, what runs ends, the store is told.
        await pickers.RunAsync(stoppingToken);
        board.CompleteWaiting();
        await running;
        board.CompleteEnded();
        await telling;
        await _hardStop.CancelAsync();
        await keeping;
    }
}
