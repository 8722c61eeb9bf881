namespace Belfry.Servers;

/// <summary>
/// Puts another port into the addresses of brokers in what a broker answers, piece by piece as it comes: a string with its length
/// (int16) and the port behind it (int32), as the protocol writes them in metadata and for the group's coordinator. Nothing is held
/// back. Not for several threads.
/// </summary>
internal sealed class KafkaAddress(int port)
{
    private const int PortBytes = 4;

    private static readonly byte[] Host = [0, 9, .. "127.0.0.1"u8];

    private readonly byte[] _port = [(byte)(port >> 24), (byte)(port >> 16), (byte)(port >> 8), (byte)port];
    private int _matched;

    public void Replace(Span<byte> piece)
    {
        for (var i = 0; i < piece.Length; i++)
        {
            if (_matched < Host.Length)
            {
                // The first byte is nowhere else in it: what breaks off can only begin anew there.
                _matched = piece[i] == Host[_matched] ? _matched + 1 : piece[i] == Host[0] ? 1 : 0;
                continue;
            }

            piece[i] = _port[_matched++ - Host.Length];
            if (_matched == Host.Length + PortBytes) _matched = 0;
        }
    }
}
