using System.Globalization;

namespace Belfry.Ingest.Events;

/// <summary>What stands in for what an event does not say itself.</summary>
/// <param name="Source">The API key's name, or the Kafka topic.</param>
/// <param name="Timestamp">UTC, whole microseconds.</param>
internal readonly record struct EventDefaults(string Source, DateTime Timestamp)
{
    /// <summary>Null: each event without an id gets a UUIDv7. For a body it is a stem: <c>/</c> and the event's place follow.</summary>
    public string? Id { get; init; }

    /// <summary>Whose mailbox it is when the event names nobody: the key of a Kafka record.</summary>
    public string? UserId { get; init; }

    public string? Traceparent { get; init; }

    /// <summary>The defaults of one event of a body.</summary>
    public EventDefaults At(int place) => Id is null ? this : this with { Id = string.Create(CultureInfo.InvariantCulture, $"{Id}/{place}") };
}
