using System.Buffers;
using System.Buffers.Binary;
using System.Buffers.Text;
using System.Diagnostics.CodeAnalysis;

namespace Belfry.Cluster.Wakes;

/// <summary>
/// What instances tell each other: users with the newest seq that was stored for each, never any content. As base64url, because
/// NOTIFY takes text only:
/// <code>
///   version (1 byte)   sender (16 bytes)   kind (1 byte)   { user's hash (8 bytes)   seq (LEB128) } ...
/// </code>
/// </summary>
internal static class WakeMessage
{
    /// <summary>NOTIFY takes at most 7,999 bytes.</summary>
    public const int MaxLength = 7500;

    private const byte Version = 1;
    private const int Header = 18;
    private const int MaxBytes = MaxLength / 4 * 3;
    private const int LongestEntry = 8 + 10;

    /// <summary>As many messages as the users need.</summary>
    public static List<string> Of(Guid sender, IReadOnlyCollection<KeyValuePair<ulong, long>> wakes)
    {
        var messages = new List<string>();
        Span<byte> bytes = stackalloc byte[MaxBytes];
        var length = Begin(bytes, sender, WakeKind.Users);
        foreach (var (hash, seq) in wakes)
        {
            if (length + LongestEntry > MaxBytes)
            {
                messages.Add(Base64Url.EncodeToString(bytes[..length]));
                length = Header;
            }

            BinaryPrimitives.WriteUInt64LittleEndian(bytes[length..], hash);
            length += 8;
            length += WriteNumber(bytes[length..], (ulong)seq);
        }

        if (length > Header) messages.Add(Base64Url.EncodeToString(bytes[..length]));
        return messages;
    }

    /// <summary>A message without users.</summary>
    public static string Of(Guid sender, WakeKind kind)
    {
        Span<byte> bytes = stackalloc byte[Header];
        Begin(bytes, sender, kind);
        return Base64Url.EncodeToString(bytes);
    }

    /// <summary>A change of an inbox, in its own bytes. Null: it is too large for a message.</summary>
    public static string? OfState(Guid sender, ReadOnlySpan<byte> change)
    {
        if (Header + change.Length > MaxBytes) return null;
        Span<byte> bytes = stackalloc byte[MaxBytes];
        Begin(bytes, sender, WakeKind.State);
        change.CopyTo(bytes[Header..]);
        return Base64Url.EncodeToString(bytes[..(Header + change.Length)]);
    }

    /// <summary>The bytes that <see cref="OfState"/> was given, of a message of this kind.</summary>
    public static byte[] ReadState(string text) => Base64Url.DecodeFromChars(text)[Header..];

    /// <summary>False: it is not one of ours, or of a version that we do not know.</summary>
    public static bool TryRead(string text, out Guid sender, out WakeKind kind, [NotNullWhen(true)] out List<KeyValuePair<ulong, long>>? wakes)
    {
        (sender, kind, wakes) = (default, default, null);
        var bytes = new byte[Base64Url.GetMaxDecodedLength(text.Length)];
        // The Try of the same name throws.
        var status = Base64Url.DecodeFromChars(text, bytes, out _, out var length);
        if (status != OperationStatus.Done || length < Header || bytes[0] != Version) return false;

        sender = new Guid(bytes.AsSpan(1, 16), bigEndian: true);
        kind = (WakeKind)bytes[17];
        if (kind == WakeKind.State)
        {
            wakes = [];
            return true;
        }

        var users = new List<KeyValuePair<ulong, long>>((length - Header) / 10);
        var rest = bytes.AsSpan(Header, length - Header);
        while (rest.Length > 0)
        {
            if (rest.Length < 9 || !TryReadNumber(rest[8..], out var seq, out var used)) return false;
            users.Add(KeyValuePair.Create(BinaryPrimitives.ReadUInt64LittleEndian(rest), (long)seq));
            rest = rest[(8 + used)..];
        }

        wakes = users;
        return true;
    }

    private static int Begin(Span<byte> to, Guid sender, WakeKind kind)
    {
        to[0] = Version;
        sender.TryWriteBytes(to[1..], bigEndian: true, out _);
        to[17] = (byte)kind;
        return Header;
    }

    private static int WriteNumber(Span<byte> to, ulong number)
    {
        var length = 0;
        for (; number >= 0x80; number >>= 7) to[length++] = (byte)(number | 0x80);
        to[length++] = (byte)number;
        return length;
    }

    private static bool TryReadNumber(ReadOnlySpan<byte> from, out ulong number, out int used)
    {
        number = 0;
        for (used = 0; used < Math.Min(10, from.Length); used++)
        {
            number |= (ulong)(from[used] & 0x7f) << (7 * used);
            if ((from[used] & 0x80) != 0) continue;
            used++;
            return true;
        }

        return false;
    }
}

/// <summary>What a message is.</summary>
internal enum WakeKind : byte
{
    /// <summary>Something was stored for these users.</summary>
    Users = 0,

    /// <summary>The sender is there and wants to be told.</summary>
    Hello = 1,

    /// <summary>More was stored than fits: look for yourselves.</summary>
    Look = 2,

    /// <summary>A user has done something with his notifications.</summary>
    State = 3,
}
