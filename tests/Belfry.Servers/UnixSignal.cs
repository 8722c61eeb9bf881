using System.Runtime.InteropServices;

namespace Belfry.Servers;

internal enum UnixSignal
{
    Interrupt = 2,
    Quit = 3,
    Kill = 9,
    Terminate = 15,
    Continue = 18,

    /// <summary>Stands still, and notices nothing of it.</summary>
    Stop = 19,
}

internal static partial class UnixSignals
{
    /// <summary>False when there is no such process any more.</summary>
    public static bool Send(int pid, UnixSignal signal) => Kill(pid, (int)signal) == 0;

    [LibraryImport("libc", EntryPoint = "kill")]
    private static partial int Kill(int pid, int signal);
}
