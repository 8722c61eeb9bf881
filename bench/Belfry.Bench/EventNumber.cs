using System.Buffers.Binary;

namespace Belfry.Bench;

/// <summary>
/// Which event of a run this is: the how manyth of its user, counted from 1 in the order of publishing. It
/// stands in the event's id, a UUIDv7 that carries this in place of random bits, so that the id alone tells whose event
/// came where. Of the run only the lowest 12 bits fit in.
/// </summary>
internal readonly record struct EventNumber
{
    private const int RunBits = 12;
    private const int UserBits = 30;
    private const uint RunMask = (1u << RunBits) - 1;
    private const ulong Version = 7;
    private const ulong Variant = 0b10;

    public EventNumber(uint run, int user, int number)
    {
        Run = run & RunMask;
        User = user;
        Number = number;
    }

    public uint Run { get; }

    public int User { get; }

    public int Number { get; }

    public Guid ToId(long micros)
    {
        Span<byte> bytes = stackalloc byte[16];
        BinaryPrimitives.WriteUInt64BigEndian(bytes, ((ulong)(micros / 1000) << 16) | (Version << RunBits) | Run);
        BinaryPrimitives.WriteUInt64BigEndian(bytes[8..], (Variant << 62) | ((ulong)(uint)User << 32) | (uint)Number);
        return new Guid(bytes, bigEndian: true);
    }

    /// <summary>False for an id that <see cref="ToId"/> cannot have made.</summary>
    public static bool TryRead(ReadOnlySpan<byte> id, out EventNumber number)
    {
        number = default;
        if (!Guid.TryParse(id, out var guid)) return false;

        Span<byte> bytes = stackalloc byte[16];
        guid.TryWriteBytes(bytes, bigEndian: true, out _);
        var first = BinaryPrimitives.ReadUInt64BigEndian(bytes);
        var second = BinaryPrimitives.ReadUInt64BigEndian(bytes[8..]);
        if (((first >> RunBits) & 0xF) != Version || second >> 62 != Variant) return false;

        number = new EventNumber((uint)first, (int)((second >> 32) & ((1UL << UserBits) - 1)), (int)second);
        return true;
    }
}
