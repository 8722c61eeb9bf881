using System.Buffers;
using System.Globalization;
using System.Text.Json;
using Belfry.Contracts;

namespace Belfry.Mailboxes;

/// <summary>A notification as JSON, in the one form that every way out has in common.</summary>
internal static class NotificationJson
{
    /// <summary>Into an object that the caller has begun, and ends.</summary>
    public static void WriteMembers(Utf8JsonWriter json, NewNotification content, long seq, DateTime receivedAt)
    {
        json.WriteString("id"u8, content.EventId);
        json.WriteString("source"u8, content.Source);
        json.WriteString("user_id"u8, content.UserId);
        json.WriteString("event_type"u8, content.EventType);
        json.WriteString("priority"u8, NameOf(content.Priority));
        WriteTime(json, "event_timestamp"u8, content.EventTimestamp);
        WriteOneLine(json, "payload"u8, content.Payload);
        if (content.ExpiresAt is { } expiresAt) WriteTime(json, "expires_at"u8, expiresAt);
        if (content.CollapseKey is { } key) json.WriteString("collapse_key"u8, key);
        if (content.Traceparent is { } traceparent) json.WriteString("traceparent"u8, traceparent);
        if (content.Attributes is { } attributes) WriteOneLine(json, "attributes"u8, attributes);
        json.WriteString("notification_id"u8, content.NotificationId);
        json.WriteNumber("seq"u8, seq);
        WriteTime(json, "received_at"u8, receivedAt);
    }

    /// <summary>UTC, to the microsecond.</summary>
    public static void WriteTime(Utf8JsonWriter json, ReadOnlySpan<byte> name, DateTime time)
    {
        Span<byte> text = stackalloc byte[32];
        time.TryFormat(text, out var written, "yyyy-MM-ddTHH:mm:ss.FFFFFF'Z'", CultureInfo.InvariantCulture);
        json.WriteString(name, text[..written]);
    }

    private static ReadOnlySpan<byte> NameOf(Priority priority) => priority switch
    {
        Priority.High => "HIGH"u8,
        Priority.Low => "LOW"u8,
        _ => "MEDIUM"u8,
    };

    /// <summary>
    /// The value's own bytes without its line breaks, which would end the data line of a stream's block. Inside a JSON string they are
    /// escaped, so those found here stand between tokens and mean nothing.
    /// </summary>
    private static void WriteOneLine(Utf8JsonWriter json, ReadOnlySpan<byte> name, ReadOnlySpan<byte> value)
    {
        json.WritePropertyName(name);
        if (value.IndexOfAny((byte)'\n', (byte)'\r') < 0)
        {
            json.WriteRawValue(value, skipInputValidation: true);
            return;
        }

        var rented = ArrayPool<byte>.Shared.Rent(value.Length);
        var length = 0;
        foreach (var b in value)
        {
            if (b is not ((byte)'\n' or (byte)'\r')) rented[length++] = b;
        }

        json.WriteRawValue(rented.AsSpan(0, length), skipInputValidation: true);
        ArrayPool<byte>.Shared.Return(rented);
    }
}
