using Belfry.Mailboxes.Lanes;

namespace Belfry.Work;

/// <summary>The items of one step of a task, on their way through a lane.</summary>
internal sealed class LaneWork : ILaneItemOwner
{
    private readonly TaskCompletionSource _finished = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int _left;
    private volatile bool _dropped;
    private volatile string? _refusal;

    void ILaneItemOwner.Finished(LaneItem item)
    {
        if (item.Outcome == LaneOutcome.Dropped) _dropped = true;
        else if (item.Outcome == LaneOutcome.Refused) _refusal = item.Refusal;
        if (Interlocked.Decrement(ref _left) == 0) _finished.TrySetResult();
    }

    /// <summary>Has a lane store the items; false: another worker has the task.</summary>
    /// <param name="make">Makes the items, with their owner.</param>
    /// <exception cref="TaskRefusedException">The store would never take one of them.</exception>
    public static async Task<bool> StoreAsync(Lane lane, Func<LaneWork, LaneItem[]> make, CancellationToken ct)
    {
        var work = new LaneWork();
        var items = make(work);
        work._left = items.Length;
        await lane.Queue.AddAsync(items, ct);
        try
        {
            await work._finished.Task.WaitAsync(ct);
        }
        catch (OperationCanceledException)
        {
            // What a batch has taken is stored with the task's step, or not at all; what none has taken must not come after us.
            foreach (var item in items) item.Hold?.Lose();
            throw;
        }

        if (work._refusal is { } refusal) throw new TaskRefusedException($"The store refuses it: {refusal}");
        return !work._dropped;
    }
}
