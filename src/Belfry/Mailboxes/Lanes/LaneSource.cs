namespace Belfry.Mailboxes.Lanes;

/// <summary>
/// What an item came from when nobody waits for an answer: what cannot be stored is then kept as a dead letter. One source is
/// many items when its event names many users, which may lie in several batches; it is done with the last of them. Those before
/// it are stored already when a crash comes in between, and are found to be duplicates when the source is read again.
/// </summary>
internal abstract record LaneSource
{
    /// <summary>What it holds in memory beside its items, in bytes.</summary>
    public abstract int Size { get; }

    /// <summary>False once it is somebody else's: what is left of its items is dropped.</summary>
    public abstract bool IsHeld { get; }

    public abstract NewDeadLetter ToDeadLetter(string reason);
}
