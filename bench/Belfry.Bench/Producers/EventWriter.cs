using System.Buffers;
using System.Buffers.Text;
using System.Globalization;

namespace Belfry.Bench.Producers;

/// <summary>
/// Writes events as the three services of the reference publish them, as flat JSON. The payload carries what the checker needs: the
/// time at which the event was to be sent and its number; the rest is text up to the wanted size. Not for several threads.
/// </summary>
internal sealed class EventWriter(UserSet users, int payloadBytes)
{
    private static readonly byte[][] Kinds =
    [
        [.. "\"source\":\"job\",\"event_type\":\"job.posted\",\"priority\":\"HIGH\""u8],
        [.. "\"source\":\"connections\",\"event_type\":\"connections.requested\",\"priority\":\"MEDIUM\""u8],
        [.. "\"source\":\"followers\",\"event_type\":\"followers.added\",\"priority\":\"LOW\""u8],
    ];

    /// <summary>The place of the followers service among them.</summary>
    private const int Followers = 2;

    private static readonly byte[] Words = [.. "A bell tower keeps the hours of its town and calls those who have to come, near or far, by day and by night. "u8];

    /// <summary>The smallest payload that has room for what the checker needs.</summary>
    public const int MinPayloadBytes = 64;

    public void Write(IBufferWriter<byte> to, int user, int number, long intendedMicros)
    {
        to.Write("{\"id\":\""u8);
        WriteId(to, new EventNumber(users.Run, user, number).ToId(intendedMicros));
        to.Write("\","u8);
        var kind = number % Kinds.Length;
        to.Write(Kinds[kind]);
        to.Write(users.FollowersByTopic && kind == Followers ? ",\"topic\":\"followers-of-"u8 : ",\"user_id\":\""u8);
        to.Write(users.Utf8NameOf(user));
        to.Write("\",\"event_timestamp\":\""u8);
        WriteTime(to, intendedMicros);
        to.Write("\",\"payload\":"u8);
        WritePayload(to, number, intendedMicros);
        to.Write("}"u8);
    }

    private void WritePayload(IBufferWriter<byte> to, int number, long intendedMicros)
    {
        var span = to.GetSpan(payloadBytes + MinPayloadBytes);
        var length = Put(span, 0, "{\"n\":"u8);
        length = Put(span, length, number);
        length = Put(span, length, ",\"at\":"u8);
        length = Put(span, length, intendedMicros);
        length = Put(span, length, ",\"text\":\""u8);
        var text = Math.Max(0, payloadBytes - length - "\"}"u8.Length);
        for (var left = text; left > 0; left -= Words.Length)
        {
            length = Put(span, length, Words.AsSpan(0, Math.Min(left, Words.Length)));
        }

        to.Advance(Put(span, length, "\"}"u8));
    }

    private static int Put(Span<byte> span, int at, ReadOnlySpan<byte> bytes)
    {
        bytes.CopyTo(span[at..]);
        return at + bytes.Length;
    }

    private static int Put(Span<byte> span, int at, long number)
    {
        Utf8Formatter.TryFormat(number, span[at..], out var written);
        return at + written;
    }

    private static void WriteId(IBufferWriter<byte> to, Guid id)
    {
        id.TryFormat(to.GetSpan(36), out var written);
        to.Advance(written);
    }

    private static void WriteTime(IBufferWriter<byte> to, long micros)
    {
        BenchClock.ToDateTime(micros).TryFormat(to.GetSpan(32), out var written, "yyyy-MM-ddTHH:mm:ss.ffffff'Z'", CultureInfo.InvariantCulture);
        to.Advance(written);
    }
}
