using System.Buffers;
using System.Buffers.Text;
using System.Text;
using Belfry.Bench.Checker;

namespace Belfry.Bench.Client;

/// <summary>One stream of one user, over all its reconnects. Its loop's thread alone touches it.</summary>
internal sealed class StreamConnection(int index, Receipts receipts)
{
    private const int MaxCarry = 192 * 1024;

    private static readonly TimeSpan DefaultRetry = TimeSpan.FromSeconds(3);

    private byte[] _epoch = [];
    private long _seq = -1;
    private byte[]? _carry;
    private int _carried;

    public int Index => index;

    public int User => receipts.User;

    public Receipts Receipts => receipts;

    public ConnectionState State { get; set; }

    public TcpSocket Socket { get; set; }

    public ChunkedDecoder Chunks;

    public bool IsChunked { get; set; }

    /// <summary>Whether it has ever been open.</summary>
    public bool WasOpen { get; set; }

    /// <summary>Which of the servers it is connected to, or was last; -1: none yet.</summary>
    public int Server { get; set; } = -1;

    /// <summary>When the current attempt to connect began.</summary>
    public long BegunMicros { get; set; }

    /// <summary>When something was last read from it.</summary>
    public long HeardMicros { get; set; }

    /// <summary>Since when it is without a stream against its will; 0 while it has one, and before its first.</summary>
    public long LostMicros { get; set; }

    /// <summary>What the server told to wait before the next attempt.</summary>
    public TimeSpan Retry { get; private set; } = DefaultRetry;

    /// <summary>What goes into Last-Event-ID; null before the first id.</summary>
    public string? Cursor => _seq < 0 ? null : $"{Encoding.ASCII.GetString(_epoch)}-{_seq}";

    public bool IsCaughtUp { get; set; }

    public void Begin(TcpSocket socket, long now)
    {
        Socket = socket;
        State = ConnectionState.Connecting;
        BegunMicros = HeardMicros = now;
        Chunks = default;
        IsChunked = false;
        IsCaughtUp = false;
        DropCarry();
    }

    /// <summary>Takes an <c>id:</c>; returns its seq.</summary>
    public long MoveCursor(ReadOnlySpan<byte> id)
    {
        var dash = id.IndexOf((byte)'-');
        if (dash < 0 || !Utf8Parser.TryParse(id[(dash + 1)..], out long seq, out var length) || dash + 1 + length != id.Length)
        {
            throw new InvalidDataException($"'{Encoding.UTF8.GetString(id)}' is no cursor.");
        }

        var epoch = id[..dash];
        if (!epoch.SequenceEqual(_epoch)) _epoch = epoch.ToArray();
        return _seq = seq;
    }

    public void SetRetry(ReadOnlySpan<byte> milliseconds)
    {
        if (Utf8Parser.TryParse(milliseconds, out int retry, out _)) Retry = TimeSpan.FromMilliseconds(retry);
    }

    /// <summary>Puts back to the front of the buffer what the last read has left over; returns its length.</summary>
    public int TakeCarry(Span<byte> buffer)
    {
        if (_carry is null) return 0;
        _carry.AsSpan(0, _carried).CopyTo(buffer);
        var length = _carried;
        DropCarry();
        return length;
    }

    /// <summary>Keeps what is not yet a whole block. Only a connection that is in the middle of one holds memory for it.</summary>
    public void Keep(ReadOnlySpan<byte> rest)
    {
        if (rest.IsEmpty) return;
        if (rest.Length > MaxCarry) throw new InvalidDataException("A block of the stream does not end.");
        _carry = ArrayPool<byte>.Shared.Rent(rest.Length);
        rest.CopyTo(_carry);
        _carried = rest.Length;
    }

    public void DropCarry()
    {
        if (_carry is null) return;
        ArrayPool<byte>.Shared.Return(_carry);
        _carry = null;
        _carried = 0;
    }
}

internal enum ConnectionState
{
    /// <summary>Not connected, and not about to be.</summary>
    Idle,

    /// <summary>Waits for its turn or its time to connect.</summary>
    Waiting,
    Connecting,
    AwaitingHead,
    Open,
}
