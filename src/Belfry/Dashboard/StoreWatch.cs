using Belfry.Mailboxes;
using Belfry.Settings;
using Belfry.Work;

namespace Belfry.Dashboard;

/// <summary>
/// Asks the store what the metrics do not say, while somebody watches: how the queue stands, who holds leases, what the
/// notifications' statuses are, how large everything is. One question at a time, each with a time limit, and none while the
/// connections are nearly all in use: watching must never be what a publisher waits for.
/// </summary>
internal sealed partial class StoreWatch : BackgroundService
{
    private readonly Viewers _viewers;
    private readonly Sampler _sampler;
    private readonly Readiness _readiness;
    private readonly TimeProvider _time;
    private readonly ILogger _log;

    public StoreWatch(
        IStoreFacts facts, ITaskStore tasks, Viewers viewers, Sampler sampler, Readiness readiness, TimeProvider time, ILogger<StoreWatch> log)
    {
        _viewers = viewers;
        _sampler = sampler;
        _readiness = readiness;
        _time = time;
        _log = log;
        Queue = new(async ct => QueueState.Of(await tasks.CountAsync(ct), await tasks.ListLeasesAsync(ct)), TimeSpan.FromSeconds(5), TimeSpan.FromSeconds(2), time);
        Size = new(facts.ReadSizeAsync, TimeSpan.FromSeconds(30), TimeSpan.FromSeconds(3), time);
        Status = new(facts.ReadStatusAsync, TimeSpan.FromSeconds(15), TimeSpan.FromSeconds(3), time);
    }

    public Question<QueueState> Queue { get; }

    public Question<StoreSize> Size { get; }

    public Question<StatusShares> Status { get; }

    /// <summary>One look; does nothing while nobody watches.</summary>
    internal async Task BeatAsync(CancellationToken ct)
    {
        if (_viewers.Count == 0) return;
        if (FindObstacle() is { } obstacle)
        {
            Queue.Skip(obstacle);
            Size.Skip(obstacle);
            Status.Skip(obstacle);
            return;
        }

        await Queue.AskAsync(ct);
        await Size.AskAsync(ct);
        await Status.AskAsync(ct);
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Sampler.Beat, _time);
        try
        {
            while (await timer.WaitForNextTickAsync(stoppingToken))
            {
                try
                {
                    await BeatAsync(stoppingToken);
                }
                catch (Exception e) when (!stoppingToken.IsCancellationRequested)
                {
                    // Not foreseen, and no reason to end what everything else runs in.
                    Log.Failed(_log, e);
                }
            }
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // The host stops.
        }
    }

    private string? FindObstacle()
    {
        if (_readiness.Parts.TryGetValue("store", out var store) && !store.Ready) return "the store is away";
        return _sampler.IsPoolNearlyFull ? "nearly all connections are in use" : null;
    }

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Error, "A question of the dashboard to the store failed")]
        public static partial void Failed(ILogger logger, Exception exception);
    }
}

/// <summary>The work queue as the store has it.</summary>
internal sealed record QueueState(long Scheduled, long Due, long Held, long Dead, IReadOnlyList<InstanceLeases> Leases)
{
    public static QueueState Of(TaskCounts counts, IReadOnlyList<InstanceLeases> leases) =>
        new(counts.Scheduled, counts.Due, counts.Held, counts.Dead, leases);
}
