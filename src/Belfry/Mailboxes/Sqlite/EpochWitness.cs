using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;

namespace Belfry.Mailboxes.Sqlite;

/// <summary>
/// The counter in the file beside the database. A backup of the database brings back an older counter than this one, or the
/// database without it: so it tells a restored past from the one that goes on.
/// </summary>
internal sealed class EpochWitness(string databasePath)
{
    public string Path { get; } = databasePath + ".epoch";

    /// <summary>Null: there is none, or none that can be read as a number.</summary>
    public long? Read()
    {
        try
        {
            return long.TryParse(File.ReadAllText(Path), NumberStyles.Integer, CultureInfo.InvariantCulture, out var counter) ? counter : null;
        }
        catch (FileNotFoundException)
        {
            return null;
        }
    }

    /// <summary>After a crash at any moment there is the old counter or the new one, and once it has returned, the new one.</summary>
    public void Write(long counter)
    {
        var next = Path + ".new";
        using (var file = new FileStream(next, FileMode.Create, FileAccess.Write))
        {
            file.Write(Encoding.ASCII.GetBytes(counter.ToString(CultureInfo.InvariantCulture) + "\n"));
            file.Flush(flushToDisk: true);
        }

        File.Move(next, Path, overwrite: true);
        FlushFolder(System.IO.Path.GetDirectoryName(Path)!);
    }

    /// <summary>A new name is on disk only when its folder is, and .NET has no call for that. Windows does it by itself.</summary>
    private static void FlushFolder(string folder)
    {
        if (OperatingSystem.IsWindows()) return;
        const int readOnly = 0;
        var descriptor = NativeMethods.Open(folder, readOnly);
        if (descriptor < 0) throw new IOException($"The folder {folder} cannot be opened: error {Marshal.GetLastPInvokeError()}.");
        try
        {
            if (NativeMethods.Flush(descriptor) != 0) throw new IOException($"The folder {folder} cannot be flushed: error {Marshal.GetLastPInvokeError()}.");
        }
        finally
        {
            _ = NativeMethods.Close(descriptor);
        }
    }

    private static class NativeMethods
    {
        [DllImport("libc", EntryPoint = "open", SetLastError = true)]
        public static extern int Open([MarshalAs(UnmanagedType.LPUTF8Str)] string path, int flags);

        [DllImport("libc", EntryPoint = "fsync", SetLastError = true)]
        public static extern int Flush(int descriptor);

        [DllImport("libc", EntryPoint = "close")]
        public static extern int Close(int descriptor);
    }
}
