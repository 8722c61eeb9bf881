using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;
using Belfry.Servers;

namespace Belfry.Bench.Report;

/// <summary>What a figure is worth nothing without: the machine and the commit.</summary>
internal static class MachineFacts
{
    public static IReadOnlyDictionary<string, string> Read() => new SortedDictionary<string, string>
    {
        ["cpu"] = Field("/proc/cpuinfo", "model name"),
        ["cores"] = Environment.ProcessorCount.ToString(CultureInfo.InvariantCulture),
        ["memory"] = Field("/proc/meminfo", "MemTotal"),
        ["kernel"] = RuntimeInformation.OSDescription,
        ["os"] = Field("/etc/os-release", "PRETTY_NAME").Trim('"'),
        ["runtime"] = RuntimeInformation.FrameworkDescription,
    };

    /// <summary>The commit of the working tree, marked when it has changes.</summary>
    public static async Task<string> ReadCommitAsync(CancellationToken ct)
    {
        var commit = await GitAsync("rev-parse HEAD", ct);
        if (commit.Length == 0) return "unknown";
        return (await GitAsync("status --porcelain", ct)).Length == 0 ? commit : commit + " with changes";
    }

    private static string Field(string file, string name)
    {
        if (!File.Exists(file)) return "unknown";
        var line = File.ReadLines(file).FirstOrDefault(line => line.StartsWith(name, StringComparison.Ordinal));
        return line is null ? "unknown" : line[(line.IndexOfAny([':', '=']) + 1)..].Trim();
    }

    private static async Task<string> GitAsync(string arguments, CancellationToken ct)
    {
        try
        {
            var start = new ProcessStartInfo("git", arguments) { WorkingDirectory = Built.RepositoryRoot, RedirectStandardOutput = true, RedirectStandardError = true };
            using var git = Process.Start(start);
            if (git is null) return "";
            var output = await git.StandardOutput.ReadToEndAsync(ct);
            await git.WaitForExitAsync(ct);
            return git.ExitCode == 0 ? output.Trim() : "";
        }
        catch (System.ComponentModel.Win32Exception)
        {
            return "";
        }
    }
}
