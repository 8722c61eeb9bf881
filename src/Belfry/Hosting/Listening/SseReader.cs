using System.Globalization;
using System.Runtime.CompilerServices;
using System.Text;

namespace Belfry.Hosting.Listening;

/// <summary>
/// Reads a stream block by block. The framework's parser cannot be used to resume: it gives no block without data, whose id is a
/// cursor too, and it takes the id of a block that was cut off, so that the event in it would be skipped.
/// </summary>
internal static class SseReader
{
    /// <param name="stream">The body of the answer.</param>
    /// <param name="onLine">Called for every line, heartbeats included: the connection lives.</param>
    /// <param name="ct">Ends the reading.</param>
    public static async IAsyncEnumerable<SseBlock> ReadAsync(Stream stream, Action onLine, [EnumeratorCancellation] CancellationToken ct)
    {
        using var reader = new StreamReader(stream, new UTF8Encoding(encoderShouldEmitUTF8Identifier: false));
        var block = new Draft();
        while (await reader.ReadLineAsync(ct) is { } line)
        {
            onLine();
            if (line.Length > 0)
            {
                block.Add(line);
                continue;
            }

            if (block.Complete() is { } complete) yield return complete;
            block = new Draft();
        }

        // What follows the last empty line was cut off: it never happened.
    }

    private sealed class Draft
    {
        private string? _event;
        private string? _id;
        private StringBuilder? _data;
        private TimeSpan? _retry;

        public void Add(string line)
        {
            var colon = line.IndexOf(':', StringComparison.Ordinal);
            if (colon == 0) return; // A comment.

            var (field, value) = colon < 0 ? (line, "") : (line[..colon], line[(colon + 1)..]);
            if (value.StartsWith(' ')) value = value[1..];
            switch (field)
            {
                case "event":
                    _event = value;
                    break;
                case "id" when !value.Contains('\0', StringComparison.Ordinal):
                    _id = value;
                    break;
                case "data":
                    _data = _data is null ? new StringBuilder(value) : _data.Append('\n').Append(value);
                    break;
                case "retry" when int.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out var milliseconds):
                    _retry = TimeSpan.FromMilliseconds(milliseconds);
                    break;
                default:
                    break;
            }
        }

        public SseBlock? Complete() => _id is null && _data is null && _retry is null
            ? null
            : new SseBlock(string.IsNullOrEmpty(_event) ? "message" : _event, _id, _data?.ToString(), _retry);
    }
}
