using System.Diagnostics;
using System.Globalization;
using Belfry.Bench.Topology;

namespace Belfry.Bench.Measuring;

/// <summary>What the kernel has counted for each TCP connection of the measured processes, as <c>ss</c> tells. Immutable.</summary>
internal sealed class SocketTable
{
    private static readonly SocketTable Unknown = new([]);

    private readonly Dictionary<string, Entry> _entries;

    private SocketTable(Dictionary<string, Entry> entries) => _entries = entries;

    /// <summary>False where <c>ss</c> (Debian: iproute2) is missing.</summary>
    public bool IsKnown => this != Unknown;

    public static async Task<SocketTable> ReadAsync(IReadOnlyList<MeasuredProcess> processes, CancellationToken ct)
    {
        try
        {
            var start = new ProcessStartInfo("ss", ["-tinpHO", "state", "established"]) { RedirectStandardOutput = true };
            using var ss = Process.Start(start);
            if (ss is null) return Unknown;
            var table = Parse(await ss.StandardOutput.ReadToEndAsync(ct), processes);
            await ss.WaitForExitAsync(ct);
            return table;
        }
        catch (System.ComponentModel.Win32Exception)
        {
            return Unknown;
        }
    }

    /// <summary>Reads lines such as <c>0 0 127.0.0.1:5080 127.0.0.1:40000 users:(("dotnet",pid=7,fd=9)) … bytes_sent:12 … bytes_received:34 …</c>.</summary>
    internal static SocketTable Parse(string text, IReadOnlyList<MeasuredProcess> processes)
    {
        var byPort = processes.Where(process => process.Port is not null).ToDictionary(process => process.Port!.Value, process => process.Name);
        var byPid = processes.ToDictionary(process => process.Pid, process => process.Name);
        var entries = new Dictionary<string, Entry>();
        foreach (var line in text.Split('\n'))
        {
            var fields = line.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries);
            if (fields.Length < 5) continue;
            var port = (int)NumberAfter(fields[2], fields[2].LastIndexOf(':') + 1);
            var pid = (int)Field(line, "pid=");
            if (!byPort.TryGetValue(port, out var owner) && !byPid.TryGetValue(pid, out owner)) continue;
            entries[$"{fields[2]} {fields[3]}"] = new Entry(owner, Field(line, " bytes_received:"), Field(line, " bytes_sent:"));
        }

        return new SocketTable(entries);
    }

    /// <summary>What a process has read and written since an earlier table, over the connections that are still there.</summary>
    public NetworkBytes Since(SocketTable earlier, string process)
    {
        var total = default(NetworkBytes);
        foreach (var (key, entry) in _entries)
        {
            if (entry.Owner != process) continue;
            var before = earlier._entries.GetValueOrDefault(key);
            // Fewer than before: another connection with the same ports.
            if (before.In > entry.In || before.Out > entry.Out) before = default;
            total = new NetworkBytes(total.In + entry.In - before.In, total.Out + entry.Out - before.Out);
        }

        return total;
    }

    private static long Field(string line, string name)
    {
        var at = line.IndexOf(name, StringComparison.Ordinal);
        return at < 0 ? 0 : NumberAfter(line, at + name.Length);
    }

    private static long NumberAfter(string text, int start)
    {
        var end = start;
        while (end < text.Length && char.IsAsciiDigit(text[end])) end++;
        return long.TryParse(text.AsSpan(start, end - start), NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : 0;
    }

    private readonly record struct Entry(string Owner, long In, long Out);
}

/// <summary>TCP payload, in bytes.</summary>
internal readonly record struct NetworkBytes(long In, long Out);
