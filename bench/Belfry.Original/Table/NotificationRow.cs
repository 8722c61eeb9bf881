namespace Belfry.Original.Table;

/// <summary>What the consumer writes: the columns that have no default.</summary>
/// <param name="Priority">HIGH, MEDIUM or LOW.</param>
/// <param name="EventTimestamp">When it happened, by the producer; UTC.</param>
/// <param name="ReceivedTimestamp">When the consumer read it; UTC.</param>
/// <param name="Payload">JSON, UTF-8.</param>
internal sealed record NotificationRow(
    Guid NotificationId, string UserId, string EventType, string Priority, DateTime EventTimestamp, DateTime ReceivedTimestamp, byte[] Payload);
