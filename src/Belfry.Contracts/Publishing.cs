using System.Text.Json;
using System.Text.Json.Serialization;

namespace Belfry.Contracts;

/// <summary>An event as a producer publishes it (flat JSON).</summary>
public sealed record PublishEvent
{
    /// <summary>1 to 255 characters; made by the server (UUIDv7) when absent. Time-ordered ids are the cheapest to store.</summary>
    public string? Id { get; init; }

    /// <summary>1 to 255 characters; the API key's name when absent.</summary>
    public string? Source { get; init; }

    /// <summary>Whose mailbox; 1 to 255 characters. Exactly one of this, <see cref="UserIds"/> and <see cref="Topic"/>.</summary>
    public string? UserId { get; init; }

    /// <summary>Several mailboxes; over 1,000 of them a task fills them.</summary>
    public IReadOnlyList<string>? UserIds { get; init; }

    /// <summary>The mailboxes of all its members; 1 to 255 characters.</summary>
    public string? Topic { get; init; }

    /// <summary>When it is to be delivered; at once when absent or past.</summary>
    public DateTimeOffset? DeliverAt { get; init; }

    /// <summary>When it leaves the inbox by itself, and is neither sent nor counted any more; null: it stays.</summary>
    public DateTimeOffset? ExpiresAt { get; init; }

    /// <summary>It takes the place of the user's unread notification with the same key, 1 to 255 characters; null: of none.</summary>
    public string? CollapseKey { get; init; }

    /// <summary>1 to 100 characters.</summary>
    public required string EventType { get; init; }

    /// <summary>MEDIUM when absent.</summary>
    public Priority? Priority { get; init; }

    /// <summary>The time of publishing when absent.</summary>
    public DateTimeOffset? EventTimestamp { get; init; }

    /// <summary>Any JSON up to 64 KiB and 64 levels.</summary>
    public JsonElement? Payload { get; init; }

    /// <summary>W3C trace context, handed on to the stream.</summary>
    public string? Traceparent { get; init; }
}

/// <summary>The answer to a publish of which at least one item was accepted.</summary>
/// <param name="Accepted">One entry for each user of each accepted item.</param>
/// <param name="Rejected">One entry for each refused item.</param>
public sealed record PublishAnswer(IReadOnlyList<AcceptedEvent> Accepted, IReadOnlyList<RejectedEvent> Rejected);

/// <summary>An item that is durably stored: in a mailbox, or as a task that brings it there.</summary>
/// <param name="Index">Its place in the request, from 0.</param>
/// <param name="Id">The event's id.</param>
/// <param name="UserId">Whose mailbox it is in; null for a task.</param>
/// <param name="Seq">Its number there; for a duplicate the number of the first one; null for a task.</param>
/// <param name="Duplicate">Whether the same source and id had been stored for this user before, or waits as a task.</param>
/// <param name="Task">The task that stores it later, or for very many users; absent when it is in the mailbox.</param>
public sealed record AcceptedEvent(
    int Index,
    string Id,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.Never)] string? UserId,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.Never)] long? Seq,
    bool Duplicate,
    long? Task = null);

/// <summary>An item that was refused; nothing of it is stored.</summary>
/// <param name="Index">Its place in the request, from 0.</param>
/// <param name="Problem">Why.</param>
public sealed record RejectedEvent(int Index, Problem Problem);

/// <summary>An RFC 9457 problem.</summary>
/// <param name="Type">Stable; one of <see cref="ProblemTypes"/>.</param>
/// <param name="Title">The same for every problem of this type.</param>
/// <param name="Status">The HTTP status that this problem alone would have.</param>
/// <param name="Detail">What is wrong here.</param>
public sealed record Problem(string Type, string Title, int Status, string? Detail);
