using System.Buffers;
using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;

namespace Belfry.Mailboxes;

/// <summary>
/// The 128 bits that stand for (source, id) in the dedupe index: the first 48 bits of a time-ordered id (UUIDv7 or ULID: its
/// milliseconds), so that neighbours in time are neighbours in the index, then SHA-256(source, id). Other ids are all hash.
/// </summary>
internal static class EventKey
{
    public static Guid Of(string source, string id)
    {
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        HashOf(source, id, hash);

        if (TryReadTime(id, out var milliseconds))
        {
            Span<byte> time = stackalloc byte[8];
            BinaryPrimitives.WriteInt64BigEndian(time, milliseconds);
            time[2..].CopyTo(hash);
        }

        return new Guid(hash[..16], bigEndian: true);
    }

    private static void HashOf(string source, string id, Span<byte> hash)
    {
        // The length in front keeps ("a", "bc") and ("ab", "c") apart.
        var size = 4 + Encoding.UTF8.GetMaxByteCount(source.Length) + Encoding.UTF8.GetMaxByteCount(id.Length);
        var rented = ArrayPool<byte>.Shared.Rent(size);
        var length = Encoding.UTF8.GetBytes(source, rented.AsSpan(4));
        BinaryPrimitives.WriteInt32BigEndian(rented, length);
        length += 4 + Encoding.UTF8.GetBytes(id, rented.AsSpan(4 + length));
        SHA256.HashData(rented.AsSpan(0, length), hash);
        ArrayPool<byte>.Shared.Return(rented);
    }

    private static bool TryReadTime(string id, out long milliseconds)
    {
        milliseconds = 0;
        return id.Length switch
        {
            36 => TryReadUuidV7(id, out milliseconds),
            26 => TryReadUlid(id, out milliseconds),
            _ => false,
        };
    }

    private static bool TryReadUuidV7(string id, out long milliseconds)
    {
        milliseconds = 0;
        if (!Guid.TryParseExact(id, "D", out var uuid) || uuid.Version != 7) return false;

        Span<byte> bytes = stackalloc byte[16];
        uuid.TryWriteBytes(bytes, bigEndian: true, out _);
        milliseconds = BinaryPrimitives.ReadInt64BigEndian(bytes) >>> 16;
        return true;
    }

    /// <summary>A ULID is 26 characters of Crockford's base 32, of which the first ten are the milliseconds.</summary>
    private static bool TryReadUlid(string id, out long milliseconds)
    {
        milliseconds = 0;
        if (id[0] > '7') return false;
        for (var i = 0; i < id.Length; i++)
        {
            var digit = "0123456789ABCDEFGHJKMNPQRSTVWXYZ".IndexOf(char.ToUpperInvariant(id[i]), StringComparison.Ordinal);
            if (digit < 0) return false;
            if (i < 10) milliseconds = (milliseconds << 5) | (uint)digit;
        }

        return true;
    }
}
