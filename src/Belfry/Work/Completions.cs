using Belfry.Mailboxes;

namespace Belfry.Work;

/// <summary>
/// Tells the store what has ended: everything that is there at once, so that batches grow under load by themselves. Told until
/// it has taken it; a lease that runs out meanwhile is somebody else's, and the store knows by the token.
/// </summary>
internal sealed class Completions(ITaskStore store, TaskBoard board, WorkMetrics metrics, TimeProvider time)
{
    private const int MaxBatch = 1000;

    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(200);

    /// <summary>Runs until the board says that nothing more ends, or the token that there is no more time.</summary>
    public async Task RunAsync(CancellationToken ct)
    {
        var batch = new List<TaskEnd>(MaxBatch);
        try
        {
            while (await board.Ended.WaitToReadAsync(ct))
            {
                while (batch.Count < MaxBatch && board.Ended.TryRead(out var end)) batch.Add(end);
                await TellAsync(batch, ct);
                batch.Clear();
            }
        }
        catch (OperationCanceledException) when (ct.IsCancellationRequested)
        {
            // The leases run out, and somebody else does it again.
        }
    }

    internal async Task TellAsync(IReadOnlyList<TaskEnd> ends, CancellationToken ct)
    {
        var done = ends.Where(end => end.Kind == TaskEndKind.Done).Select(end => end.Task.Task.Ref).ToList();
        var failed = ends.Where(end => end.Kind == TaskEndKind.Failed).Select(end => end.Failure!).ToList();
        var released = ends.Where(end => end.Kind == TaskEndKind.Released).Select(end => end.Task.Task.Ref).ToList();
        if (done.Count > 0)
        {
            var completed = await InsistAsync(() => store.CompleteAsync(done, ct), ct);
            metrics.Completed(completed.Count, lost: done.Count - completed.Count);
        }

        if (failed.Count > 0) metrics.Died((await InsistAsync(() => store.FailAsync(failed, ct), ct)).Count);
        if (released.Count > 0)
        {
            await InsistAsync(async () =>
            {
                await store.ReleaseAsync(released, ct);
                return true;
            }, ct);
        }

        foreach (var end in ends) board.Remove(end.Task);
    }

    private async Task<T> InsistAsync<T>(Func<Task<T>> call, CancellationToken ct)
    {
        while (true)
        {
            try
            {
                return await call();
            }
            catch (StoreUnavailableException)
            {
                await Task.Delay(Pause, time, ct);
            }
        }
    }
}
