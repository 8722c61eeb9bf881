using System.Buffers;
using Belfry.Ingest.Events;
using Microsoft.AspNetCore.Http.Features;

namespace Belfry.Ingest.Http;

/// <summary>A request's body in one piece, in borrowed memory.</summary>
internal readonly struct PublishBody : IDisposable
{
    private const int MaxAhead = 64 * 1024;

    private readonly byte[] _buffer;
    private readonly int _length;

    private PublishBody(byte[] buffer, int length)
    {
        _buffer = buffer;
        _length = length;
    }

    public ReadOnlySpan<byte> Bytes => _buffer.AsSpan(0, _length);

    /// <summary>Reads the body; null when it is larger than a body may be.</summary>
    public static async Task<PublishBody?> ReadAsync(HttpRequest request, CancellationToken ct)
    {
        // The bound is ours to keep. Kestrel's would end the connection in the middle of the client's sending, and the answer
        // that says why would be lost; without it Kestrel reads on for a few seconds and throws away what comes.
        if (request.HttpContext.Features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } limit) limit.MaxRequestBodySize = null;
        if (request.ContentLength > EventLimits.Body) return null;

        // One byte more than is said or allowed: the read that finds the end needs room. What is only promised takes little.
        var buffer = ArrayPool<byte>.Shared.Rent((int)Math.Min(request.ContentLength ?? 4096, MaxAhead) + 1);
        var length = 0;
        try
        {
            while (await request.Body.ReadAsync(buffer.AsMemory(length), ct) is > 0 and var read)
            {
                length += read;
                if (length > EventLimits.Body) break;
                if (length == buffer.Length) buffer = Grow(buffer);
            }
        }
        catch
        {
            ArrayPool<byte>.Shared.Return(buffer);
            throw;
        }

        var body = new PublishBody(buffer, length);
        if (length <= EventLimits.Body) return body;
        body.Dispose();
        return null;
    }

    public void Dispose() => ArrayPool<byte>.Shared.Return(_buffer);

    private static byte[] Grow(byte[] full)
    {
        var larger = ArrayPool<byte>.Shared.Rent(Math.Min(full.Length * 4, EventLimits.Body + 1));
        full.CopyTo(larger, 0);
        ArrayPool<byte>.Shared.Return(full);
        return larger;
    }
}
