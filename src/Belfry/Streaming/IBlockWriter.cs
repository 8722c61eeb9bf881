using System.Buffers;
using System.Text.Json.Serialization.Metadata;
using Belfry.Contracts;

namespace Belfry.Streaming;

/// <summary>The form that a stream's blocks have on the wire. What a block says, and when, is the subscription's.</summary>
internal interface IBlockWriter
{
    string ContentType { get; }

    /// <summary>The first bytes of a stream: they make proxies and clients see that it is open.</summary>
    void WriteHello(IBufferWriter<byte> to, TimeSpan retry);

    /// <summary>How long a client waits before it connects again.</summary>
    void WriteRetry(IBufferWriter<byte> to, TimeSpan retry);

    /// <summary>Says nothing.</summary>
    void WriteHeartbeat(IBufferWriter<byte> to);

    /// <summary>Moves the client's cursor and fires nothing.</summary>
    void WriteCursor(IBufferWriter<byte> to, Cursor cursor);

    void WriteEvent<T>(IBufferWriter<byte> to, string name, Cursor? cursor, T data, JsonTypeInfo<T> type);

    /// <param name="prev">The last seq or bare id that this client had.</param>
    void WriteFrame(IBufferWriter<byte> to, Frame frame, long prev);
}
