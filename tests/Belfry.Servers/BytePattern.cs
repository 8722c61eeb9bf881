namespace Belfry.Servers;

/// <summary>Finds a run of bytes in a stream that comes in pieces. Not for several threads.</summary>
internal sealed class BytePattern(ReadOnlyMemory<byte> pattern)
{
    private byte[] _end = [];

    /// <summary>True when the pattern is complete with this piece: all in it, or begun in those before.</summary>
    public bool EndsIn(ReadOnlySpan<byte> piece)
    {
        byte[] window = [.. _end, .. piece];
        // One byte less than the pattern is kept, so that nothing is found twice.
        _end = window[^Math.Min(window.Length, pattern.Length - 1)..];
        return window.AsSpan().IndexOf(pattern.Span) >= 0;
    }
}
