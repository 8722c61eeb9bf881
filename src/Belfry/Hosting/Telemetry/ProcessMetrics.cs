using System.Diagnostics;
using System.Diagnostics.Metrics;

namespace Belfry.Hosting.Telemetry;

/// <summary>What the runtime's own metrics (CPU, memory, GC, threads) leave out and a server with many connections needs.</summary>
internal sealed class ProcessMetrics
{
    private const string Descriptors = "/proc/self/fd";
    private const string Limits = "/proc/self/limits";

    public ProcessMetrics(IMeterFactory meters, TimeProvider time)
    {
        var meter = meters.Create("Belfry");
        using var process = Process.GetCurrentProcess();
        var started = new DateTimeOffset(process.StartTime.ToUniversalTime());
        meter.CreateObservableGauge("process.uptime", () => (time.GetUtcNow() - started).TotalSeconds, "s", "Since the process was started");
        if (!Directory.Exists(Descriptors)) return;

        meter.CreateObservableGauge(
            "process.open_file_descriptors", () => Directory.EnumerateFileSystemEntries(Descriptors).Count(), "{descriptor}", "Open files and sockets");
        if (ReadLimit() is { } limit)
        {
            meter.CreateObservableGauge("process.max_file_descriptors", () => limit, "{descriptor}", "How many files and sockets may be open");
        }
    }

    private static long? ReadLimit()
    {
        const string Line = "Max open files";
        var soft = File.ReadLines(Limits)
            .Where(line => line.StartsWith(Line, StringComparison.Ordinal))
            .Select(line => line[Line.Length..].Split(' ', StringSplitOptions.RemoveEmptyEntries)[0])
            .FirstOrDefault();
        return long.TryParse(soft, out var limit) ? limit : null;
    }
}
