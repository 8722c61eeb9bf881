using System.Buffers;
using System.Text.Json;
using Belfry.Contracts;
using Belfry.Mailboxes;

namespace Belfry.Work;

/// <summary>
/// An event that becomes notifications later: at a time, or for the members of a topic or a long list of users. It has passed
/// the door; as a task's body it is JSON, with the payload's own bytes in it.
/// </summary>
internal sealed record DeferredEvent
{
    /// <summary>What could fail is the store, and that is waited for: so many failures are somebody's to look at.</summary>
    public const int MaxAttempts = 25;

    public required string Source { get; init; }

    public required string EventId { get; init; }

    public required string EventType { get; init; }

    public required Priority Priority { get; init; }

    /// <summary>UTC, whole microseconds.</summary>
    public required DateTime EventTimestamp { get; init; }

    public DateTime? ExpiresAt { get; init; }

    public string? CollapseKey { get; init; }

    public required byte[] Payload { get; init; }

    public string? Traceparent { get; init; }

    public byte[]? Attributes { get; init; }

    /// <summary>Exactly one of these three says for whom it is.</summary>
    public string? UserId { get; init; }

    public IReadOnlyList<string>? UserIds { get; init; }

    public string? Topic { get; init; }

    public static DeferredEvent Read(byte[] body)
    {
        using var document = JsonDocument.Parse(body, new JsonDocumentOptions { MaxDepth = 256 });
        var json = document.RootElement;
        return new DeferredEvent
        {
            Source = json.GetProperty("source").GetString()!,
            EventId = json.GetProperty("id").GetString()!,
            EventType = json.GetProperty("event_type").GetString()!,
            Priority = (Priority)json.GetProperty("priority").GetInt32(),
            EventTimestamp = json.GetProperty("event_timestamp").GetDateTime(),
            ExpiresAt = json.TryGetProperty("expires_at", out var expires) ? expires.GetDateTime() : null,
            CollapseKey = json.TryGetProperty("collapse_key", out var key) ? key.GetString() : null,
            Payload = RawBytes(json.GetProperty("payload")),
            Traceparent = json.TryGetProperty("traceparent", out var traceparent) ? traceparent.GetString() : null,
            Attributes = json.TryGetProperty("attributes", out var attributes) ? RawBytes(attributes) : null,
            UserId = json.TryGetProperty("user_id", out var user) ? user.GetString() : null,
            Topic = json.TryGetProperty("topic", out var topic) ? topic.GetString() : null,
            UserIds = json.TryGetProperty("user_ids", out var users) ? [.. users.EnumerateArray().Select(u => u.GetString()!)] : null,
        };
    }

    public byte[] ToBody()
    {
        var buffer = new ArrayBufferWriter<byte>(Payload.Length + 512);
        using (var json = new Utf8JsonWriter(buffer, new JsonWriterOptions { SkipValidation = true }))
        {
            json.WriteStartObject();
            json.WriteString("source"u8, Source);
            json.WriteString("id"u8, EventId);
            json.WriteString("event_type"u8, EventType);
            json.WriteNumber("priority"u8, (int)Priority);
            json.WriteString("event_timestamp"u8, EventTimestamp);
            if (ExpiresAt is { } expiresAt) json.WriteString("expires_at"u8, expiresAt);
            if (CollapseKey is not null) json.WriteString("collapse_key"u8, CollapseKey);
            if (Traceparent is not null) json.WriteString("traceparent"u8, Traceparent);
            if (UserId is not null) json.WriteString("user_id"u8, UserId);
            if (Topic is not null) json.WriteString("topic"u8, Topic);
            if (UserIds is not null)
            {
                json.WriteStartArray("user_ids"u8);
                foreach (var user in UserIds) json.WriteStringValue(user);
                json.WriteEndArray();
            }

            if (Attributes is not null)
            {
                json.WritePropertyName("attributes"u8);
                json.WriteRawValue(Attributes, skipInputValidation: true);
            }

            json.WritePropertyName("payload"u8);
            json.WriteRawValue(Payload, skipInputValidation: true);
            json.WriteEndObject();
        }

        return buffer.WrittenSpan.ToArray();
    }

    /// <summary>The notification for one of its users. Made anew at each attempt, but for the key that dedupe compares.</summary>
    public NewNotification NotificationFor(string userId, Guid key) => new()
    {
        UserId = userId,
        Source = Source,
        EventId = EventId,
        EventKey = key,
        NotificationId = Guid.CreateVersion7(),
        EventType = EventType,
        Priority = Priority,
        EventTimestamp = EventTimestamp,
        ExpiresAt = ExpiresAt,
        CollapseKey = CollapseKey,
        Traceparent = Traceparent,
        Attributes = Attributes,
        Payload = Payload,
    };

    private static byte[] RawBytes(JsonElement element) => System.Text.Encoding.UTF8.GetBytes(element.GetRawText());
}
