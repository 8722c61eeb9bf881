using System.Text.Json;

namespace Belfry.Contracts;

/// <summary>One notification as it stands on a stream: the event, and its place in the user's mailbox.</summary>
public sealed record Notification
{
    /// <summary>The producer's id of the event, unique within <see cref="Source"/>.</summary>
    public required string Id { get; init; }

    /// <summary>Who published the event.</summary>
    public required string Source { get; init; }

    /// <summary>Whose mailbox this is.</summary>
    public required string UserId { get; init; }

    /// <summary>What kind of event this is, for example <c>job.posted</c>.</summary>
    public required string EventType { get; init; }

    /// <summary>How urgent it is.</summary>
    public Priority Priority { get; init; } = Priority.Medium;

    /// <summary>When it happened, as the producer says; microseconds, UTC.</summary>
    public DateTimeOffset EventTimestamp { get; init; }

    /// <summary>The producer's payload, unchanged but for line breaks between its tokens.</summary>
    public JsonElement Payload { get; init; }

    /// <summary>When it leaves the inbox by itself; null: it stays.</summary>
    public DateTimeOffset? ExpiresAt { get; init; }

    /// <summary>Of the unread notifications with the same key only the newest is shown; null: it takes nobody's place.</summary>
    public string? CollapseKey { get; init; }

    /// <summary>W3C trace context of the publisher, where it gave one.</summary>
    public string? Traceparent { get; init; }

    /// <summary>CloudEvents extensions that Belfry has no meaning for, where there were any.</summary>
    public JsonElement? Attributes { get; init; }

    /// <summary>The server's own name of this notification (UUIDv7).</summary>
    public Guid NotificationId { get; init; }

    /// <summary>Its number in the mailbox: 1, 2, 3, … with no gap.</summary>
    public long Seq { get; init; }

    /// <summary>The seq up to which this stream had covered everything before this notification.</summary>
    public long Prev { get; init; }

    /// <summary>When it was stored, by the database's clock; never goes back within a mailbox.</summary>
    public DateTimeOffset ReceivedAt { get; init; }
}
