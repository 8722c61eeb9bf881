using Belfry.Mailboxes.Lanes;

namespace Belfry.Work;

/// <summary>The items of one step of a task, on their way through a lane.</summary>
internal sealed class LaneWork : ILaneItemOwner
{
    private readonly TaskCompletionSource _finished = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private TaskHold? _hold;
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
    public static async Task<bool> StoreAsync(Lane lane, Func<LaneWork, LaneItem[]> make, CancellationToken ct) =>
        await (await EnterAsync(lane, make, ct)).FinishAsync(ct);

    /// <summary>Puts the items into a lane, behind those that are there already.</summary>
    /// <param name="make">Makes the items, with their owner.</param>
    public static async Task<LaneWork> EnterAsync(Lane lane, Func<LaneWork, LaneItem[]> make, CancellationToken ct)
    {
        var work = new LaneWork();
        var items = make(work);
        (work._left, work._hold) = (items.Length, items[0].Hold);
        await lane.Queue.AddAsync(items, ct);
        return work;
    }

    /// <summary>Waits until they are stored; false: another worker has the task.</summary>
    /// <exception cref="TaskRefusedException">The store would never take one of them.</exception>
    public async Task<bool> FinishAsync(CancellationToken ct)
    {
        try
        {
            await _finished.Task.WaitAsync(ct);
        }
        catch (OperationCanceledException)
        {
            // What a batch has taken is stored with the task's step, or not at all; what none has taken must not come after us.
            _hold?.Lose();
            throw;
        }

        if (_refusal is { } refusal) throw new TaskRefusedException($"The store refuses it: {refusal}");
        return !_dropped;
    }
}
