namespace Belfry.Mailboxes.Lanes;

/// <summary>The row of the outbox that an item came from. It leaves the outbox in the transaction that stores the last of its items.</summary>
/// <param name="Page">The reading that it is part of.</param>
/// <param name="CreatedAt">UTC.</param>
/// <param name="EventId">The id of its event, when that has none of its own.</param>
/// <param name="Event">JSON in UTF-8, as at the other ways in.</param>
internal sealed record OutboxRow(OutboxPage Page, OutboxKey Key, DateTime CreatedAt, Guid EventId, byte[] Event) : LaneSource
{
    /// <summary>Where dead letters of the outbox are said to have stood.</summary>
    public static readonly PartitionKey Origin = new(Cluster: "outbox", Group: "outbox", Topic: "outbox", Partition: 0);

    public override int Size => Event.Length;

    public override bool IsHeld => Page.IsHeld;

    public override NewDeadLetter ToDeadLetter(string reason) => new(Origin, Key.Id, reason, Key: EventId.ToByteArray(bigEndian: true), Event);
}

/// <summary>Rows that were read together, and are dropped together when another instance has taken one of them. Any thread.</summary>
internal sealed class OutboxPage
{
    private volatile bool _held = true;

    public bool IsHeld => _held;

    public void Lose() => _held = false;
}
