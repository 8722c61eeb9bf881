namespace Belfry.Bench.Client;

/// <summary>
/// One block of a stream: the fields of the lines up to an empty one. Lines end with a line feed and data is one line, as
/// Belfry promises; a carriage return or a second data line is an error.
/// </summary>
internal readonly ref struct SseBlock
{
    private SseBlock(ReadOnlySpan<byte> name, ReadOnlySpan<byte> id, ReadOnlySpan<byte> data, ReadOnlySpan<byte> retry)
    {
        Name = name;
        Id = id;
        Data = data;
        Retry = retry;
    }

    /// <summary>The value of <c>event:</c>, or empty.</summary>
    public ReadOnlySpan<byte> Name { get; }

    public ReadOnlySpan<byte> Id { get; }

    public ReadOnlySpan<byte> Data { get; }

    public ReadOnlySpan<byte> Retry { get; }

    /// <summary>Takes the first whole block off the front of <paramref name="bytes"/>; false when there is none.</summary>
    public static bool TryTake(ref ReadOnlySpan<byte> bytes, out SseBlock block)
    {
        block = default;
        var end = bytes.IndexOf("\n\n"u8);
        if (end < 0) return false;

        block = Read(bytes[..end]);
        bytes = bytes[(end + 2)..];
        return true;
    }

    private static SseBlock Read(ReadOnlySpan<byte> lines)
    {
        ReadOnlySpan<byte> name = default, id = default, data = default, retry = default;
        while (!lines.IsEmpty)
        {
            var end = lines.IndexOf((byte)'\n');
            var line = end < 0 ? lines : lines[..end];
            lines = end < 0 ? default : lines[(end + 1)..];

            if (line.StartsWith("data:"u8))
            {
                if (!data.IsEmpty) throw new InvalidDataException("A block of the stream has two data lines.");
                data = ValueOf(line[5..]);
            }
            else if (line.StartsWith("id:"u8)) id = ValueOf(line[3..]);
            else if (line.StartsWith("event:"u8)) name = ValueOf(line[6..]);
            else if (line.StartsWith("retry:"u8)) retry = ValueOf(line[6..]);
        }

        return new SseBlock(name, id, data, retry);
    }

    private static ReadOnlySpan<byte> ValueOf(ReadOnlySpan<byte> rest)
    {
        if (!rest.IsEmpty && rest[^1] == '\r') throw new InvalidDataException("A line of the stream ends with a carriage return.");
        return !rest.IsEmpty && rest[0] == ' ' ? rest[1..] : rest;
    }
}
