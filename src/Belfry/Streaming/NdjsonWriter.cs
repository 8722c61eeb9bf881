using System.Buffers;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Belfry.Contracts;

namespace Belfry.Streaming;

/// <summary>
/// The blocks of a stream as lines, one JSON object each. A frame is made as the SSE block that nearly everybody wants; its JSON
/// stands in it, and is copied from there, so nobody pays for this form who does not ask for it.
/// </summary>
internal sealed class NdjsonWriter : IBlockWriter
{
    public const string MediaType = "application/x-ndjson";

    public static readonly NdjsonWriter Instance = new();

    private NdjsonWriter()
    {
    }

    public string ContentType => MediaType;

    public void WriteHello(IBufferWriter<byte> to, TimeSpan retry)
    {
        WriteHeartbeat(to);
        WriteRetry(to, retry);
    }

    public void WriteRetry(IBufferWriter<byte> to, TimeSpan retry)
    {
        to.Write("{\"retry\":"u8);
        Frame.WriteNumber(to, (long)retry.TotalMilliseconds);
        to.Write("}\n"u8);
    }

    /// <summary>An empty line, which readers of this format pass over.</summary>
    public void WriteHeartbeat(IBufferWriter<byte> to) => to.Write("\n"u8);

    public void WriteCursor(IBufferWriter<byte> to, Cursor cursor)
    {
        to.Write("{\"id\":\""u8);
        WriteCursorText(to, cursor);
        to.Write("\"}\n"u8);
    }

    public void WriteEvent<T>(IBufferWriter<byte> to, string name, Cursor? cursor, T data, JsonTypeInfo<T> type)
    {
        to.Write("{\"event\":\""u8);
        Frame.WriteText(to, name);
        if (cursor is { } place)
        {
            to.Write("\",\"id\":\""u8);
            WriteCursorText(to, place);
        }

        to.Write("\",\"data\":"u8);
        using (var json = new Utf8JsonWriter(to)) JsonSerializer.Serialize(json, data, type);
        to.Write("}\n"u8);
    }

    public void WriteFrame(IBufferWriter<byte> to, Frame frame, long prev)
    {
        to.Write("{\"event\":\"notification\",\"id\":\""u8);
        WriteCursorText(to, new Cursor(frame.Epoch, frame.Seq));
        to.Write("\",\"data\":"u8);
        frame.WriteJson(to, prev);
        to.Write("}\n"u8);
    }

    /// <summary>No character of a cursor needs to be escaped.</summary>
    private static void WriteCursorText(IBufferWriter<byte> to, Cursor cursor)
    {
        Frame.WriteText(to, cursor.Epoch);
        to.Write("-"u8);
        Frame.WriteNumber(to, cursor.Seq);
    }
}
