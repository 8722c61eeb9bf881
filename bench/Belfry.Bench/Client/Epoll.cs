using System.ComponentModel;
using System.Runtime.InteropServices;

namespace Belfry.Bench.Client;

/// <summary>Waits for many sockets with one thread. Not for several threads.</summary>
internal sealed unsafe class Epoll : IDisposable
{
    public const uint Readable = 0x1;
    public const uint Writable = 0x4;

    private const int Capacity = 512;
    private const int CloseOnExec = 0x80000;
    private const int OperationAdd = 1;
    private const int OperationModify = 3;

    // struct epoll_event { uint32_t events; uint64_t data; }, packed on x86-64 only.
    private static readonly int Stride = RuntimeInformation.ProcessArchitecture == Architecture.X64 ? 12 : 16;

    private readonly int _descriptor;
    private readonly byte* _events = (byte*)NativeMemory.AllocZeroed((nuint)(Capacity * Stride));

    public Epoll()
    {
        _descriptor = Libc.EpollCreate(CloseOnExec);
        if (_descriptor < 0) throw new Win32Exception(Marshal.GetLastPInvokeError());
    }

    /// <summary>A closed socket leaves by itself.</summary>
    public void Add(TcpSocket socket, uint interest, int token) => Control(OperationAdd, socket, interest, token);

    public void Change(TcpSocket socket, uint interest, int token) => Control(OperationModify, socket, interest, token);

    /// <summary>How many sockets are ready; the first of them is <see cref="TokenAt"/> 0.</summary>
    public int Wait(TimeSpan timeout)
    {
        var count = Libc.EpollWait(_descriptor, _events, Capacity, (int)timeout.TotalMilliseconds);
        if (count >= 0) return count;
        return Marshal.GetLastPInvokeError() == Libc.Interrupted ? 0 : throw new Win32Exception(Marshal.GetLastPInvokeError());
    }

    public int TokenAt(int index) => (int)*(ulong*)(_events + index * Stride + Stride - sizeof(ulong));

    public void Dispose()
    {
        _ = Libc.Close(_descriptor);
        NativeMemory.Free(_events);
    }

    private void Control(int operation, TcpSocket socket, uint interest, int token)
    {
        var entry = stackalloc byte[Stride];
        *(uint*)entry = interest;
        *(ulong*)(entry + Stride - sizeof(ulong)) = (uint)token;
        if (Libc.EpollControl(_descriptor, operation, socket.Descriptor, entry) < 0) throw new Win32Exception(Marshal.GetLastPInvokeError());
    }
}
