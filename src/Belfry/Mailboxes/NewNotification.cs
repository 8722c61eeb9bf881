using Belfry.Contracts;

namespace Belfry.Mailboxes;

/// <summary>
/// An event that has passed the door and waits for its place in one user's mailbox. Everything that identifies it is made
/// once, before the first try, so that a batch can be sent again as it is.
/// </summary>
internal sealed class NewNotification
{
    public required string UserId { get; init; }

    public required string Source { get; init; }

    public required string EventId { get; init; }

    /// <summary>What dedupe compares, together with the user: see <see cref="Mailboxes.EventKey"/>.</summary>
    public required Guid EventKey { get; init; }

    /// <summary>The server's own name of the notification, a UUIDv7.</summary>
    public required Guid NotificationId { get; init; }

    public required string EventType { get; init; }

    public required Priority Priority { get; init; }

    /// <summary>UTC, whole microseconds: what the store can hold.</summary>
    public required DateTime EventTimestamp { get; init; }

    /// <summary>The producer's own JSON, UTF-8, already found storable.</summary>
    public required byte[] Payload { get; init; }

    public string? Traceparent { get; init; }

    /// <summary>A JSON object with the CloudEvents extensions that have no meaning here; null when there are none.</summary>
    public byte[]? Attributes { get; init; }

    /// <summary>UTC, whole microseconds; null: it does not expire.</summary>
    public DateTime? ExpiresAt { get; init; }

    /// <summary>Of the unread notifications of a mailbox with the same key only the newest is shown.</summary>
    public string? CollapseKey { get; init; }

    /// <summary>An estimate of what this item holds in memory, in bytes; queues are bounded by it.</summary>
    public int Size => 300 + Payload.Length + (Attributes?.Length ?? 0) + (2 * (UserId.Length + EventId.Length));
}
