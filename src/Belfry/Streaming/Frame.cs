using System.Buffers;
using System.Buffers.Text;
using System.Globalization;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using Belfry.Contracts;
using Belfry.Mailboxes;

namespace Belfry.Streaming;

/// <summary>
/// A notification as the complete SSE block that goes to a client, made once and shared by all of its user's connections.
/// <c>prev</c> stands last, so that a stream which skipped something can put its own in place of it.
/// </summary>
internal sealed class Frame
{
    private static readonly JsonWriterOptions JsonOptions = new()
    {
        // The line is JSON inside text/event-stream, never inside HTML.
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        SkipValidation = true,
    };

    [ThreadStatic]
    private static ArrayBufferWriter<byte>? _buffer;

    [ThreadStatic]
    private static Utf8JsonWriter? _json;

    private Frame(long seq, string eventType, byte[] bytes, int prevStart)
    {
        Seq = seq;
        EventType = eventType;
        Bytes = bytes;
        PrevStart = prevStart;
    }

    public long Seq { get; }

    public string EventType { get; }

    /// <summary>The whole block, with <c>prev</c> = <see cref="Seq"/> - 1.</summary>
    public ReadOnlyMemory<byte> Bytes { get; }

    /// <summary>Where in <see cref="Bytes"/> the digits of <c>prev</c> begin; what follows them is <see cref="Tail"/>.</summary>
    public int PrevStart { get; }

    public static ReadOnlySpan<byte> Tail => "}\n\n"u8;

    public static Frame Of(NewNotification content, long seq, DateTime receivedAt, string epoch)
    {
        var buffer = _buffer ??= new ArrayBufferWriter<byte>(1024);
        var json = _json ??= new Utf8JsonWriter(buffer, JsonOptions);
        buffer.ResetWrittenCount();
        json.Reset();

        buffer.Write("event: notification\nid: "u8);
        WriteText(buffer, epoch);
        buffer.Write("-"u8);
        WriteNumber(buffer, seq);
        buffer.Write("\ndata: "u8);
        WriteJson(json, content, seq, receivedAt);
        buffer.Write(",\"prev\":"u8);
        var prevStart = buffer.WrittenCount;
        WriteNumber(buffer, seq - 1);
        buffer.Write(Tail);
        return new Frame(seq, content.EventType, buffer.WrittenSpan.ToArray(), prevStart);
    }

    internal static void WriteNumber(IBufferWriter<byte> to, long number)
    {
        Utf8Formatter.TryFormat(number, to.GetSpan(20), out var written);
        to.Advance(written);
    }

    private static void WriteText(ArrayBufferWriter<byte> to, string text) =>
        to.Advance(Encoding.UTF8.GetBytes(text, to.GetSpan(Encoding.UTF8.GetMaxByteCount(text.Length))));

    /// <summary>All members but <c>prev</c>; the object stays open.</summary>
    private static void WriteJson(Utf8JsonWriter json, NewNotification content, long seq, DateTime receivedAt)
    {
        json.WriteStartObject();
        json.WriteString("id"u8, content.EventId);
        json.WriteString("source"u8, content.Source);
        json.WriteString("user_id"u8, content.UserId);
        json.WriteString("event_type"u8, content.EventType);
        json.WriteString("priority"u8, NameOf(content.Priority));
        WriteTime(json, "event_timestamp"u8, content.EventTimestamp);
        WriteOneLine(json, "payload"u8, content.Payload);
        if (content.Traceparent is { } traceparent) json.WriteString("traceparent"u8, traceparent);
        if (content.Attributes is { } attributes) WriteOneLine(json, "attributes"u8, attributes);
        json.WriteString("notification_id"u8, content.NotificationId);
        json.WriteNumber("seq"u8, seq);
        WriteTime(json, "received_at"u8, receivedAt);
        json.Flush();
    }

    private static ReadOnlySpan<byte> NameOf(Priority priority) => priority switch
    {
        Priority.High => "HIGH"u8,
        Priority.Low => "LOW"u8,
        _ => "MEDIUM"u8,
    };

    private static void WriteTime(Utf8JsonWriter json, ReadOnlySpan<byte> name, DateTime time)
    {
        Span<byte> text = stackalloc byte[32];
        time.TryFormat(text, out var written, "yyyy-MM-ddTHH:mm:ss.FFFFFF'Z'", CultureInfo.InvariantCulture);
        json.WriteString(name, text[..written]);
    }

    /// <summary>
    /// The value's own bytes without its line breaks, which would end the block's data line. Inside a JSON string they are
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
