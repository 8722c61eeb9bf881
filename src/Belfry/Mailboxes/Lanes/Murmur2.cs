using System.Buffers.Binary;

namespace Belfry.Mailboxes.Lanes;

/// <summary>
/// The partition that Kafka's Java clients give a key: Austin Appleby's MurmurHash2 with Kafka's seed, its sign bit cleared,
/// modulo the number of partitions.
/// </summary>
internal static class Murmur2
{
    private const uint Seed = 0x9747b28c;
    private const uint M = 0x5bd1e995;

    public static int PartitionOf(ReadOnlySpan<byte> key, int partitions) => (int)(Hash(key) & 0x7fffffff) % partitions;

    public static uint Hash(ReadOnlySpan<byte> data)
    {
        var h = Seed ^ (uint)data.Length;
        for (; data.Length >= 4; data = data[4..])
        {
            var k = BinaryPrimitives.ReadUInt32LittleEndian(data) * M;
            k ^= k >> 24;
            h = (h * M) ^ (k * M);
        }

        if (data.Length > 2) h ^= (uint)data[2] << 16;
        if (data.Length > 1) h ^= (uint)data[1] << 8;
        if (data.Length > 0) h = (h ^ data[0]) * M;

        h = (h ^ (h >> 13)) * M;
        return h ^ (h >> 15);
    }
}
