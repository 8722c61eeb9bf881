using System.Net;
using System.Net.Sockets;
using System.Runtime.InteropServices;

namespace Belfry.Bench.Client;

/// <summary>A non-blocking TCP socket that is a number only: a run holds tens of thousands of them.</summary>
internal readonly unsafe struct TcpSocket
{
    private TcpSocket(int descriptor) => Descriptor = descriptor;

    public int Descriptor { get; }

    /// <summary>The error that a connect has ended with, or 0.</summary>
    public int Error
    {
        get
        {
            var length = sizeof(int);
            return Libc.GetOption(Descriptor, Libc.LevelSocket, Libc.OptionError, out var error, ref length) == 0 ? error : Marshal.GetLastPInvokeError();
        }
    }

    /// <summary>Begins to connect; the socket is writable when that has ended, well or not. Null when it failed at once.</summary>
    public static TcpSocket? Connect(SocketAddress server, SocketAddress? source)
    {
        var socket = new TcpSocket(Libc.Socket(Libc.AddressFamilyInternet, Libc.StreamNonBlockingCloseOnExec, 0));
        if (socket.Descriptor < 0) throw Failed("socket");
        try
        {
            Check(Libc.SetOption(socket.Descriptor, Libc.LevelTcp, Libc.OptionNoDelay, 1, sizeof(int)), "setsockopt");
            if (source is not null)
            {
                // The port is chosen at connect, when the whole pair of addresses is known: else each source has 28,000 ports in all.
                Check(Libc.SetOption(socket.Descriptor, Libc.LevelIp, Libc.OptionBindAddressNoPort, 1, sizeof(int)), "setsockopt");
                Check(Libc.Bind(socket.Descriptor, source.Buffer.Span, source.Size), "bind");
            }

            if (Libc.Connect(socket.Descriptor, server.Buffer.Span, server.Size) == 0) return socket;
            if (Marshal.GetLastPInvokeError() is Libc.InProgress or Libc.Interrupted) return socket;
        }
        catch
        {
            socket.Close();
            throw;
        }

        socket.Close();
        return null;
    }

    /// <summary>The number of bytes; 0 at the end of the stream; -1 when there is nothing yet; -2 when the connection is broken.</summary>
    public int Receive(Span<byte> buffer)
    {
        fixed (byte* start = buffer)
        {
            var received = Libc.Receive(Descriptor, start, buffer.Length, 0);
            if (received >= 0) return (int)received;
        }

        return Marshal.GetLastPInvokeError() is Libc.WouldBlock or Libc.Interrupted ? -1 : -2;
    }

    /// <summary>False when not all of it could be sent at once, which for a short request on a new connection means: broken.</summary>
    public bool TrySend(ReadOnlySpan<byte> bytes)
    {
        fixed (byte* start = bytes) return Libc.Send(Descriptor, start, bytes.Length, Libc.NoSignal) == bytes.Length;
    }

    public void Close() => _ = Libc.Close(Descriptor);

    private static void Check(int result, string call)
    {
        if (result < 0) throw Failed(call);
    }

    private static SocketException Failed(string call) => new(Marshal.GetLastPInvokeError(), $"{call} failed");
}
