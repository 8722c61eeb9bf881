namespace Belfry.Bench.Client;

/// <summary>What one loop has seen; written by its thread alone, read by any.</summary>
internal sealed class LoopCounts
{
    public long Active;
    public long CaughtUp;
    public long Failed;
    public long Reconnects;
    public long Resets;
    public long Byes;
    public long Deliveries;
    public long BytesIn;
    public long BytesOut;
    public long Silent;
    public long LongestAwayMicros;

    public StreamCounts Read() => new(
        Volatile.Read(ref Active), Volatile.Read(ref CaughtUp), Volatile.Read(ref Failed), Volatile.Read(ref Reconnects), Volatile.Read(ref Resets),
        Volatile.Read(ref Byes), Volatile.Read(ref Deliveries), Volatile.Read(ref BytesIn), Volatile.Read(ref BytesOut),
        Volatile.Read(ref Silent), Volatile.Read(ref LongestAwayMicros));
}

/// <summary>What all streams have seen up to now.</summary>
/// <param name="Active">Open now.</param>
/// <param name="CaughtUp">Open and told that their replay has ended.</param>
/// <param name="Failed">Attempts to connect that did not lead to an open stream.</param>
/// <param name="Reconnects">Streams opened again after they had been open before.</param>
/// <param name="Resets">Cursors that the server could not follow.</param>
/// <param name="Byes">Streams that the server ended with a bye.</param>
/// <param name="Deliveries">Notifications received, each once for each stream.</param>
/// <param name="BytesIn">Read from the sockets.</param>
/// <param name="BytesOut">Written to them.</param>
/// <param name="Silent">Given up because nothing came any more, not even a heartbeat.</param>
/// <param name="LongestAwayMicros">The longest time for which any of them was without a stream and did not want to be.</param>
internal readonly record struct StreamCounts(
    long Active, long CaughtUp, long Failed, long Reconnects, long Resets, long Byes, long Deliveries, long BytesIn, long BytesOut, long Silent,
    long LongestAwayMicros)
{
    public static StreamCounts operator +(StreamCounts a, StreamCounts b) => new(
        a.Active + b.Active, a.CaughtUp + b.CaughtUp, a.Failed + b.Failed, a.Reconnects + b.Reconnects, a.Resets + b.Resets,
        a.Byes + b.Byes, a.Deliveries + b.Deliveries, a.BytesIn + b.BytesIn, a.BytesOut + b.BytesOut, a.Silent + b.Silent,
        Math.Max(a.LongestAwayMicros, b.LongestAwayMicros));
}
