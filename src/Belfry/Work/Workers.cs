using Microsoft.Extensions.Options;

namespace Belfry.Work;

/// <summary>Runs what waits on the board, so many at once.</summary>
internal sealed partial class Workers(
    TaskBoard board, TaskKinds kinds, IOptions<WorkOptions> options, WorkMetrics metrics, TimeProvider time, ILogger<Workers> log)
{
    // A lease that has less than this left is not begun with: it could run out before the first renewal.
    private const double LatestBegin = 0.8;

    private int _running;

    public int Running => Volatile.Read(ref _running);

    /// <summary>Runs until the board says that nothing more comes; what is only waiting when the token says stop is put back.</summary>
    public Task RunAsync(CancellationToken stop) => Task.WhenAll(Enumerable.Range(0, options.Value.Workers).Select(_ => WorkAsync(stop)));

    private async Task WorkAsync(CancellationToken stop)
    {
        await foreach (var held in board.Waiting.ReadAllAsync(CancellationToken.None))
        {
            if (stop.IsCancellationRequested)
            {
                board.End(new TaskEnd(held, TaskEndKind.Released));
                continue;
            }

            Interlocked.Increment(ref _running);
            board.End(await RunAsync(held, stop));
            Interlocked.Decrement(ref _running);
        }
    }

    /// <summary>Runs one task. Never throws.</summary>
    internal async Task<TaskEnd> RunAsync(HeldTask held, CancellationToken stop)
    {
        // This process may have stood still since the claim, and somebody else be at it.
        if (held.Lost.IsCancellationRequested || held.LeaseAge > options.Value.Lease * LatestBegin) return new TaskEnd(held, TaskEndKind.Nothing);

        var task = held.Task;
        var kind = kinds[task.Kind];
        var began = time.GetTimestamp();
        using var limit = new CancellationTokenSource(kind.Timeout, time);
        using var all = CancellationTokenSource.CreateLinkedTokenSource(held.Lost, limit.Token, stop);
        try
        {
            var result = await kind.RunAsync(task, all.Token);
            metrics.Ran(task.Kind, time.GetElapsedTime(began), task);
            if (result == TaskResult.Gone) metrics.Completed(1, lost: 0);
            return new TaskEnd(held, result == TaskResult.Done ? TaskEndKind.Done : TaskEndKind.Nothing);
        }
        catch (OperationCanceledException) when (held.Lost.IsCancellationRequested)
        {
            Log.Lost(log, task.Kind, task.Id);
            return new TaskEnd(held, TaskEndKind.Nothing);
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            return new TaskEnd(held, TaskEndKind.Released);
        }
        catch (Exception e)
        {
            // A kind is foreign code to the engine: whatever it throws is a failed attempt, kept with the task.
            var error = limit.IsCancellationRequested ? $"It took more than {kind.Timeout.TotalSeconds:0.#} s." : e.Message;
            var attempts = task.Attempts + 1;
            var again = e is not TaskRefusedException && attempts < task.MaxAttempts;
            if (again) Log.Failed(log, task.Kind, task.Id, attempts, task.MaxAttempts, error);
            else Log.Died(log, task.Kind, task.Id, attempts, error);
            metrics.Failed(task.Kind, again);
            var failure = e as TaskFailedException;
            TimeSpan? retryIn = again ? failure?.RetryIn ?? kind.RetryAfter(attempts) : null;
            return new TaskEnd(held, TaskEndKind.Failed, new TaskFailure(task.Ref, failure?.Detail ?? error, retryIn));
        }
    }

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Warning, "The lease of task {Kind} {Id} was lost while it ran; another worker has it")]
        public static partial void Lost(ILogger logger, string kind, long id);

        [LoggerMessage(2, LogLevel.Information, "Task {Kind} {Id} has failed for the {Attempt}. time of {Most}, and is tried again: {Reason}")]
        public static partial void Failed(ILogger logger, string kind, long id, int attempt, int most, string reason);

        [LoggerMessage(3, LogLevel.Warning, "Task {Kind} {Id} is a dead letter after {Attempts} attempts: {Reason}")]
        public static partial void Died(ILogger logger, string kind, long id, int attempts, string reason);
    }
}
