using System.Runtime.InteropServices;

namespace Belfry.Bench.Client;

/// <summary>The few calls of Linux that the client needs and .NET has not, or only with an object and a work item for each socket.</summary>
internal static unsafe partial class Libc
{
    public const int Interrupted = 4;
    public const int WouldBlock = 11;
    public const int InProgress = 115;

    public const int AddressFamilyInternet = 2;
    public const int StreamNonBlockingCloseOnExec = 1 | 0x800 | 0x80000;
    public const int NoSignal = 0x4000;

    public const int LevelIp = 0;
    public const int LevelSocket = 1;
    public const int LevelTcp = 6;
    public const int OptionNoDelay = 1;
    public const int OptionError = 4;
    public const int OptionBindAddressNoPort = 24;

    [LibraryImport("libc", EntryPoint = "socket", SetLastError = true)]
    public static partial int Socket(int domain, int type, int protocol);

    [LibraryImport("libc", EntryPoint = "bind", SetLastError = true)]
    public static partial int Bind(int fd, ReadOnlySpan<byte> address, int length);

    [LibraryImport("libc", EntryPoint = "connect", SetLastError = true)]
    public static partial int Connect(int fd, ReadOnlySpan<byte> address, int length);

    [LibraryImport("libc", EntryPoint = "recv", SetLastError = true)]
    public static partial nint Receive(int fd, byte* buffer, nint length, int flags);

    [LibraryImport("libc", EntryPoint = "send", SetLastError = true)]
    public static partial nint Send(int fd, byte* buffer, nint length, int flags);

    [LibraryImport("libc", EntryPoint = "close")]
    public static partial int Close(int fd);

    [LibraryImport("libc", EntryPoint = "setsockopt", SetLastError = true)]
    public static partial int SetOption(int fd, int level, int option, in int value, int length);

    [LibraryImport("libc", EntryPoint = "getsockopt", SetLastError = true)]
    public static partial int GetOption(int fd, int level, int option, out int value, ref int length);

    [LibraryImport("libc", EntryPoint = "epoll_create1", SetLastError = true)]
    public static partial int EpollCreate(int flags);

    [LibraryImport("libc", EntryPoint = "epoll_ctl", SetLastError = true)]
    public static partial int EpollControl(int epoll, int operation, int fd, byte* interest);

    [LibraryImport("libc", EntryPoint = "epoll_wait", SetLastError = true)]
    public static partial int EpollWait(int epoll, byte* events, int capacity, int timeoutMs);
}
