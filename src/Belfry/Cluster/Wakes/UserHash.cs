using System.IO.Hashing;
using System.Runtime.InteropServices;

namespace Belfry.Cluster.Wakes;

/// <summary>
/// A user as wake-ups name him: 64 bits, the same in every instance. Two users may share them; one of them is then woken for
/// nothing, so whoever finds a user by this compares his name as well.
/// </summary>
internal static class UserHash
{
    /// <summary>XXH3 of the id's UTF-16 code units, little-endian.</summary>
    public static ulong Of(string userId) => XxHash3.HashToUInt64(MemoryMarshal.AsBytes(userId.AsSpan()));
}
