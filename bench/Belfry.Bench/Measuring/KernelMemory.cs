using System.Globalization;

namespace Belfry.Bench.Measuring;

/// <summary>What the kernel of this machine holds for connections, those of everybody together.</summary>
/// <param name="TcpBufferBytes">Data in the buffers of TCP sockets (/proc/net/sockstat).</param>
/// <param name="SlabBytes">All small objects, among them sockets, files and epoll entries (/proc/meminfo).</param>
internal readonly record struct KernelMemory(long TcpBufferBytes, long SlabBytes)
{
    public static KernelMemory Read() => new(
        Environment.SystemPageSize * Number("/proc/net/sockstat", "TCP:", "mem"),
        1024 * Number("/proc/meminfo", "Slab:", "Slab:"));

    /// <summary>The number behind a word, in the line that begins so.</summary>
    private static long Number(string file, string line, string word)
    {
        var words = File.ReadLines(file).FirstOrDefault(text => text.StartsWith(line, StringComparison.Ordinal))?.Split(' ', StringSplitOptions.RemoveEmptyEntries) ?? [];
        var at = Array.IndexOf(words, word);
        return at < 0 || at + 1 >= words.Length ? 0 : long.Parse(words[at + 1], CultureInfo.InvariantCulture);
    }
}
