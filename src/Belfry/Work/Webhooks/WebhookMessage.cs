using System.Buffers;
using System.Text.Encodings.Web;
using System.Text.Json;
using Belfry.Mailboxes;

namespace Belfry.Work.Webhooks;

/// <summary>What is sent of one notification. The same at each attempt.</summary>
/// <param name="Id">By this a receiver knows a message that it has had.</param>
internal sealed record WebhookMessage(string Id, byte[] Body)
{
    private static readonly JsonWriterOptions JsonOptions = new()
    {
        // The body is JSON, never inside HTML.
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        SkipValidation = true,
    };

    public static WebhookMessage Of(StoredNotification stored)
    {
        var content = stored.Content;
        var buffer = new ArrayBufferWriter<byte>(1024 + content.Payload.Length);
        using (var json = new Utf8JsonWriter(buffer, JsonOptions))
        {
            json.WriteStartObject();
            json.WriteString("type"u8, content.EventType);
            NotificationJson.WriteTime(json, "timestamp"u8, stored.ReceivedAt);
            json.WriteStartObject("data"u8);
            NotificationJson.WriteMembers(json, content, stored.Seq, stored.ReceivedAt);
            json.WriteEndObject();
            json.WriteEndObject();
        }

        return new WebhookMessage(content.NotificationId.ToString(), buffer.WrittenSpan.ToArray());
    }
}
