using System.Buffers;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Belfry.Contracts;

namespace Belfry.Streaming;

/// <summary>
/// The blocks of a stream, written into any buffer (WHATWG HTML, section 9.2). Lines of a block stand in the order event, id,
/// data; data is always one line.
/// </summary>
internal sealed class SseWriter : IBlockWriter
{
    public const string MediaType = "text/event-stream";

    public static readonly SseWriter Instance = new();

    private SseWriter()
    {
    }

    public string ContentType => MediaType;

    /// <summary>A comment.</summary>
    public void WriteHeartbeat(IBufferWriter<byte> to) => to.Write(":\n\n"u8);

    public void WriteHello(IBufferWriter<byte> to, TimeSpan retry)
    {
        to.Write(": belfry\n\n"u8);
        WriteRetry(to, retry);
    }

    public void WriteRetry(IBufferWriter<byte> to, TimeSpan retry)
    {
        to.Write("retry: "u8);
        Frame.WriteNumber(to, (long)retry.TotalMilliseconds);
        to.Write("\n\n"u8);
    }

    public void WriteCursor(IBufferWriter<byte> to, Cursor cursor)
    {
        WriteIdLine(to, cursor);
        to.Write("\n"u8);
    }

    public void WriteEvent<T>(IBufferWriter<byte> to, string name, Cursor? cursor, T data, JsonTypeInfo<T> type)
    {
        to.Write("event: "u8);
        Frame.WriteText(to, name);
        to.Write("\n"u8);
        if (cursor is { } place) WriteIdLine(to, place);
        to.Write("data: "u8);
        using (var json = new Utf8JsonWriter(to)) JsonSerializer.Serialize(json, data, type);
        to.Write("\n\n"u8);
    }

    public void WriteFrame(IBufferWriter<byte> to, Frame frame, long prev)
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
        Frame.WriteText(to, cursor.Epoch);
        to.Write("-"u8);
        Frame.WriteNumber(to, cursor.Seq);
        to.Write("\n"u8);
    }
}
