namespace Belfry.Mailboxes.Lanes;

/// <summary>What a lane has just committed, handed on so that it reaches connected users without a read.</summary>
/// <param name="Items">New rows, of one user in the order of their seqs.</param>
/// <param name="Wakes">
/// Users of whom something was, or may have been, stored in a try whose answer was lost: whoever streams looks into the log.
/// </param>
/// <param name="HasNewTasks">Whether tasks have come into the queue.</param>
internal sealed record StoredBatch(IReadOnlyList<LaneItem> Items, IReadOnlyCollection<string> Wakes, bool HasNewTasks = false);

/// <summary>Hears of every stored batch, after its commit. What it awaits holds up its lane's next append; it must not throw.</summary>
internal interface IStoredBatchListener
{
    ValueTask StoredAsync(StoredBatch batch, CancellationToken ct);
}
