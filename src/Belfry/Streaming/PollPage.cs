using System.Buffers;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Belfry.Contracts;

namespace Belfry.Streaming;

/// <summary>
/// A stream's blocks gathered into one answer. With the first notification, or when a reset has been said and nothing follows, the
/// stream is told to end; it ends at its next chunk, so a page is as large as what a stream writes at once. The pump's alone.
/// </summary>
internal sealed class PollPage : IBlockWriter
{
    private readonly ArrayBufferWriter<byte> _items = new();
    private Subscription _stream = null!;
    private Cursor? _cursor;
    private string? _reset;
    private (long StateVersion, Counts Counts, long Covered)? _told;

    public PollPage() => _items.Write("["u8);

    public string ContentType => "application/json";

    /// <summary>Null: the stream has ended before it began, and there is nothing to answer.</summary>
    public Cursor? Cursor => _cursor;

    /// <summary>Once, before it runs.</summary>
    public void Gather(Subscription stream) => _stream = stream;

    public void WriteHello(IBufferWriter<byte> to, TimeSpan retry)
    {
    }

    public void WriteRetry(IBufferWriter<byte> to, TimeSpan retry)
    {
    }

    public void WriteHeartbeat(IBufferWriter<byte> to)
    {
    }

    public void WriteCursor(IBufferWriter<byte> to, Cursor cursor) => _cursor = cursor;

    public void WriteEvent<T>(IBufferWriter<byte> to, string name, Cursor? cursor, T data, JsonTypeInfo<T> type)
    {
        switch (data)
        {
            case Reset reset:
                _reset = reset.Reason;
                _told = null;
                break;
            case StateChanged change:
                _told = (change.StateVersion, change.Counts, _stream.Standing.Covered);
                break;
            case CaughtUp when _reset is not null:
                _stream.End(EndReason.Answered);
                break;
        }
    }

    public void WriteFrame(IBufferWriter<byte> to, Frame frame, long prev)
    {
        if (_items.WrittenCount > 1) _items.Write(","u8);
        frame.WriteJson(_items, prev);
        _cursor = new Cursor(frame.Epoch, frame.Seq);
        _stream.End(EndReason.Answered);
    }

    /// <summary>When the stream has ended.</summary>
    public void WriteAnswer(IBufferWriter<byte> to)
    {
        _items.Write("]"u8);
        var (covered, stateVersion, counts) = _stream.Standing;
        if (_told is { } told) (stateVersion, counts) = (told.StateVersion, Subscription.CountsAt(covered, told.Counts, told.Covered));

        using var json = new Utf8JsonWriter(to);
        json.WriteStartObject();
        json.WritePropertyName("items"u8);
        json.WriteRawValue(_items.WrittenSpan, skipInputValidation: true);
        json.WriteString("cursor"u8, _cursor.ToString());
        if (_reset is null)
        {
            json.WriteNull("reset"u8);
        }
        else
        {
            json.WriteStartObject("reset"u8);
            json.WriteString("reason"u8, _reset);
            json.WriteEndObject();
        }

        json.WriteNumber("state_version"u8, stateVersion);
        json.WritePropertyName("counts"u8);
        JsonSerializer.Serialize(json, counts, ContractsJson.Default.Counts);
        json.WriteEndObject();
    }
}
