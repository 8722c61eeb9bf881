using System.Buffers;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Belfry.Contracts;

namespace Belfry.Streaming;

/// <summary>
/// The blocks of a stream, written into any buffer (WHATWG HTML, section 9.2). Lines of a block stand in the order event, id,
/// data; data is always one line.
/// </summary>
internal static class SseWriter
{
    /// <summary>A comment that says nothing: the heartbeat.</summary>
    public static void WriteHeartbeat(IBufferWriter<byte> to) => to.Write(":\n\n"u8);

    /// <summary>The first bytes of a stream: they make proxies and clients see that it is open.</summary>
    public static void WriteHello(IBufferWriter<byte> to, TimeSpan retry)
    {
        to.Write(": belfry\n\n"u8);
        WriteRetry(to, retry);
    }

    /// <summary>How long an EventSource waits before it connects again.</summary>
    public static void WriteRetry(IBufferWriter<byte> to, TimeSpan retry)
    {
        to.Write("retry: "u8);
        Frame.WriteNumber(to, (long)retry.TotalMilliseconds);
        to.Write("\n\n"u8);
    }

    /// <summary>Moves the client's cursor and fires nothing.</summary>
    public static void WriteCursor(IBufferWriter<byte> to, Cursor cursor)
    {
        WriteIdLine(to, cursor);
        to.Write("\n"u8);
    }

    public static void WriteEvent<T>(IBufferWriter<byte> to, string name, Cursor? cursor, T data, JsonTypeInfo<T> type)
    {
        to.Write("event: "u8);
        WriteText(to, name);
        to.Write("\n"u8);
        if (cursor is { } place) WriteIdLine(to, place);
        to.Write("data: "u8);
        using (var json = new Utf8JsonWriter(to)) JsonSerializer.Serialize(json, data, type);
        to.Write("\n\n"u8);
    }

    /// <param name="prev">The last seq or bare id that this client had.</param>
    public static void WriteFrame(IBufferWriter<byte> to, Frame frame, long prev)
    {
        if (prev == frame.Seq - 1)
        {
            to.Write(frame.Bytes.Span);
            return;
        }

        to.Write(frame.Bytes.Span[..frame.PrevStart]);
        Frame.WriteNumber(to, prev);
        to.Write(Frame.Tail);
    }

    private static void WriteIdLine(IBufferWriter<byte> to, Cursor cursor)
    {
        to.Write("id: "u8);
        WriteText(to, cursor.Epoch);
        to.Write("-"u8);
        Frame.WriteNumber(to, cursor.Seq);
        to.Write("\n"u8);
    }

    private static void WriteText(IBufferWriter<byte> to, string text) =>
        to.Advance(Encoding.UTF8.GetBytes(text, to.GetSpan(Encoding.UTF8.GetMaxByteCount(text.Length))));
}
