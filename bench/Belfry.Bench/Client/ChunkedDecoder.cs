namespace Belfry.Bench.Client;

/// <summary>HTTP/1.1's chunked transfer coding, taken off in place, across any borders of reads (RFC 9112, section 7.1). Not for several threads.</summary>
internal struct ChunkedDecoder
{
    private State _state;
    private long _left;
    private bool _emptyLine;

    private enum State
    {
        Size,
        Extension,
        Data,
        AfterData,
        Trailer,
        Ended,
    }

    /// <summary>Whether the last chunk has come: the response is complete.</summary>
    public readonly bool HasEnded => _state == State.Ended;

    /// <summary>Moves the content to the front of <paramref name="bytes"/> and returns its length.</summary>
    /// <exception cref="InvalidDataException">This is no chunked body.</exception>
    public int Decode(Span<byte> bytes)
    {
        var length = 0;
        var at = 0;
        while (at < bytes.Length && _state != State.Ended)
        {
            if (_state == State.Data)
            {
                var count = (int)Math.Min(_left, bytes.Length - at);
                if (length != at) bytes.Slice(at, count).CopyTo(bytes[length..]);
                length += count;
                at += count;
                _left -= count;
                if (_left == 0) _state = State.AfterData;
            }
            else
            {
                Step(bytes[at++]);
            }
        }

        return length;
    }

    private void Step(byte b)
    {
        switch (_state)
        {
            case State.Size when b == '\n':
                BeginChunk();
                break;
            case State.Size when b == ';':
                _state = State.Extension;
                break;
            case State.Size when b != '\r':
                _left = checked(_left * 16 + DigitOf(b));
                break;
            case State.Extension when b == '\n':
                BeginChunk();
                break;
            case State.AfterData when b == '\n':
                _state = State.Size;
                break;
            case State.AfterData when b != '\r':
                throw new InvalidDataException("A chunk is longer than its size says.");
            case State.Trailer when b == '\n':
                if (_emptyLine) _state = State.Ended;
                _emptyLine = true;
                break;
            case State.Trailer when b != '\r':
                _emptyLine = false;
                break;
        }
    }

    private void BeginChunk()
    {
        _state = _left == 0 ? State.Trailer : State.Data;
        _emptyLine = true;
    }

    private static int DigitOf(byte b) => char.IsAsciiHexDigit((char)b)
        ? (b & 0xF) + (b > (byte)'9' ? 9 : 0)
        : throw new InvalidDataException($"0x{b:x2} stands where a chunk's size must be.");
}
