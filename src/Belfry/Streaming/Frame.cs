using System.Buffers;
using System.Buffers.Text;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
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

    private Frame(string epoch, long seq, string eventType, byte[] bytes, int prevStart)
    {
        Epoch = epoch;
        Seq = seq;
        EventType = eventType;
        Bytes = bytes;
        PrevStart = prevStart;
    }

    /// <summary>One that is passed over: it has no bytes.</summary>
    public static Frame Hidden(NewNotification content, long seq, string epoch) => new(epoch, seq, content.EventType, [], 0);

    public bool IsHidden => Bytes.IsEmpty;

    /// <summary>The mailbox's, when it was stored.</summary>
    public string Epoch { get; }

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
        json.WriteStartObject();
        NotificationJson.WriteMembers(json, content, seq, receivedAt);
        json.Flush();
        buffer.Write(",\"prev\":"u8);
        var prevStart = buffer.WrittenCount;
        WriteNumber(buffer, seq - 1);
        buffer.Write(Tail);
        return new Frame(epoch, seq, content.EventType, buffer.WrittenSpan.ToArray(), prevStart);
    }

    /// <summary>The notification's JSON alone.</summary>
    /// <param name="prev">The last seq or bare id that the client had.</param>
    public void WriteJson(IBufferWriter<byte> to, long prev)
    {
        // The first brace: neither the event's name nor a cursor has one.
        var begin = Bytes.Span.IndexOf((byte)'{');
        to.Write(Bytes.Span[begin..PrevStart]);
        WriteNumber(to, prev);
        to.Write("}"u8);
    }

    internal static void WriteNumber(IBufferWriter<byte> to, long number)
    {
        Utf8Formatter.TryFormat(number, to.GetSpan(20), out var written);
        to.Advance(written);
    }

    internal static void WriteText(IBufferWriter<byte> to, string text) =>
        to.Advance(Encoding.UTF8.GetBytes(text, to.GetSpan(Encoding.UTF8.GetMaxByteCount(text.Length))));
}
