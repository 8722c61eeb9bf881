using System.Buffers.Text;
using System.Text;

namespace Belfry.Bench.Client;

/// <summary>What a client of a stream must know of an HTTP response before its body.</summary>
internal readonly record struct ResponseHead(int Status, bool IsChunked, TimeSpan? RetryAfter, int Length)
{
    private const int StatusStart = 9; // "HTTP/1.1 200 OK"

    /// <summary>False while the head is not complete.</summary>
    /// <exception cref="InvalidDataException">This is no HTTP response.</exception>
    public static bool TryRead(ReadOnlySpan<byte> bytes, out ResponseHead head)
    {
        head = default;
        var end = bytes.IndexOf("\r\n\r\n"u8);
        if (end < 0) return false;
        if (!bytes.StartsWith("HTTP/1."u8) || !Utf8Parser.TryParse(bytes[StatusStart..], out int status, out _))
        {
            throw new InvalidDataException("The answer is not HTTP/1.");
        }

        // Rare: once for each connection.
        var chunked = false;
        TimeSpan? retryAfter = null;
        foreach (var line in Encoding.Latin1.GetString(bytes[..end]).Split("\r\n").Skip(1))
        {
            var colon = line.IndexOf(':', StringComparison.Ordinal);
            if (colon < 0) continue;
            var value = line.AsSpan(colon + 1).Trim();
            if (line.AsSpan(0, colon).Equals("Transfer-Encoding", StringComparison.OrdinalIgnoreCase))
            {
                chunked = value.Equals("chunked", StringComparison.OrdinalIgnoreCase);
            }
            else if (line.AsSpan(0, colon).Equals("Retry-After", StringComparison.OrdinalIgnoreCase) && int.TryParse(value, out var seconds))
            {
                retryAfter = TimeSpan.FromSeconds(seconds);
            }
        }

        head = new ResponseHead(status, chunked, retryAfter, end + 4);
        return true;
    }
}
