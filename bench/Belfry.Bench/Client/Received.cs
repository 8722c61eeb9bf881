using System.Text.Json;

namespace Belfry.Bench.Client;

/// <summary>What the checker must know of a notification, read from a stream's data line without an object for it.</summary>
internal ref struct Received
{
    /// <summary>Whose it says it is.</summary>
    public ReadOnlySpan<byte> UserId;

    /// <summary>The event's id.</summary>
    public ReadOnlySpan<byte> EventId;

    /// <summary>0 where the pipeline has no seqs.</summary>
    public long Seq;

    public long Prev;

    /// <summary>The how manyth of its user's events this is: <c>n</c> of the payload.</summary>
    public int Number;

    /// <summary>When it was to be sent, in microseconds of the bench's clock: <c>at</c> of the payload.</summary>
    public long IntendedMicros;

    /// <summary>The first character of the priority's name.</summary>
    public byte Priority;

    /// <summary>False for what no event of this bench can be.</summary>
    public static bool TryRead(ReadOnlySpan<byte> json, out Received received)
    {
        received = default;
        try
        {
            var reader = new Utf8JsonReader(json);
            if (!reader.Read() || reader.TokenType != JsonTokenType.StartObject) return false;
            while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
            {
                var name = reader.ValueSpan;
                reader.Read();
                switch (name.Length)
                {
                    case 2 when name.SequenceEqual("id"u8):
                        received.EventId = reader.ValueSpan;
                        break;
                    case 3 when name.SequenceEqual("seq"u8):
                        received.Seq = reader.GetInt64();
                        break;
                    case 4 when name.SequenceEqual("prev"u8):
                        received.Prev = reader.GetInt64();
                        break;
                    case 7 when name.SequenceEqual("user_id"u8):
                        received.UserId = reader.ValueSpan;
                        break;
                    case 7 when name.SequenceEqual("payload"u8) && reader.TokenType == JsonTokenType.StartObject:
                        ReadPayload(ref reader, out received.Number, out received.IntendedMicros);
                        break;
                    case 8 when name.SequenceEqual("priority"u8):
                        received.Priority = reader.ValueSpan.IsEmpty ? default : reader.ValueSpan[0];
                        break;
                    default:
                        reader.Skip();
                        break;
                }
            }

            return reader.TokenType == JsonTokenType.EndObject && received.Number > 0;
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException or FormatException)
        {
            return false;
        }
    }

    private static void ReadPayload(ref Utf8JsonReader reader, out int number, out long intendedMicros)
    {
        number = 0;
        intendedMicros = 0;
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var name = reader.ValueSpan;
            reader.Read();
            if (name.SequenceEqual("n"u8)) number = reader.GetInt32();
            else if (name.SequenceEqual("at"u8)) intendedMicros = reader.GetInt64();
            else reader.Skip();
        }
    }
}
