using System.Text;
using Microsoft.Extensions.Options;

namespace Belfry.Mailboxes.Lanes;

/// <summary>All lanes of this instance, and which of them a user or a Kafka partition has.</summary>
internal sealed class AppendLanes : IHostedService, IDisposable
{
    /// <summary>Without Kafka, users are spread as if a topic had this many partitions.</summary>
    public const int DefaultPartitions = 12;

    private readonly StoreMonitor _monitor;
    private readonly Lane[] _lanes;
    private readonly Lane[] _all;
    private readonly CancellationTokenSource _hardStop = new();
    private volatile int _partitions = DefaultPartitions;
    private Task _running = Task.CompletedTask;

    public AppendLanes(
        IMailboxStore store, StoreMonitor monitor, IEnumerable<IStoredBatchListener> listeners, IOptions<LanesOptions> options,
        LaneMetrics metrics, TimeProvider time, ILogger<Lane> log)
    {
        _monitor = monitor;
        Options = options.Value;
        var listening = listeners.ToArray();
        _lanes = [.. Enumerable.Range(0, store.MaxLanes is { } max ? Math.Min(max, Options.Lanes) : Options.Lanes)
            .Select(number => new Lane(number, store, listening, Options, metrics, time, log))];
        Background = new Lane(_lanes.Length, store, listening, OfBackground(Options), metrics, time, log);
        _all = [.. _lanes, Background];
        metrics.Meter.CreateObservableGauge("belfry.mailboxes.queue.items", () => _all.Sum(l => l.Queue.Count), "{event}", "Events that wait for a lane");
    }

    /// <summary>How many mailboxes the background lane locks at once at most: an event for one of them has to wait for so many.</summary>
    public const int BackgroundBatch = 500;

    public LanesOptions Options { get; }

    public int Count => _lanes.Length;

    /// <summary>
    /// For what is for any users, perhaps for very many at once: it has one batch in flight like the others, and so a share that
    /// leaves theirs alone. Its users have a lane of their own besides; the mailboxes' locks keep their seqs in order.
    /// </summary>
    public Lane Background { get; }

    /// <summary>How many partitions the events' topic has: a user's HTTP events then share the lane of his partition.</summary>
    public int Partitions
    {
        get => _partitions;
        set => _partitions = Math.Max(1, value);
    }

    public Lane OfUser(string userId)
    {
        Span<byte> key = stackalloc byte[Encoding.UTF8.GetMaxByteCount(userId.Length)];
        var length = Encoding.UTF8.GetBytes(userId, key);
        return OfPartition(Murmur2.PartitionOf(key[..length], _partitions));
    }

    public Lane OfPartition(int partition) => _lanes[partition % _lanes.Length];

    public Task StartAsync(CancellationToken cancellationToken)
    {
        _running = Task.WhenAll(_all.Select(async lane =>
        {
            await _monitor.Opened.WaitAsync(_hardStop.Token);
            await lane.RunAsync(_hardStop.Token);
        }));
        return Task.CompletedTask;
    }

    /// <summary>Takes nothing more, and stores what is there while the grace time lasts.</summary>
    public async Task StopAsync(CancellationToken cancellationToken)
    {
        foreach (var lane in _all) lane.Queue.Complete();
        if (!_monitor.Opened.IsCompleted)
        {
            // A store that has never answered is not worth the grace time.
            await _hardStop.CancelAsync();
            return;
        }

        try
        {
            await _running.WaitAsync(cancellationToken);
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested || _hardStop.IsCancellationRequested)
        {
            // What is left was never acknowledged.
            await _hardStop.CancelAsync();
        }
    }

    public void Dispose() => _hardStop.Dispose();

    private static LanesOptions OfBackground(LanesOptions options) => new()
    {
        MaxBatch = Math.Min(options.MaxBatch, BackgroundBatch),
        MaxWait = options.MaxWait,
        QueueItems = options.QueueItems,
        QueueBytes = options.QueueBytes,
    };
}
