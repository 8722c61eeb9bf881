using System.Diagnostics;
using System.Diagnostics.Metrics;
using Belfry.Hosting.Listeners;

namespace Belfry.Hosting.Telemetry;

/// <summary>What the runtime's own metrics (CPU, memory, GC, threads) leave out and a server with many connections needs.</summary>
internal sealed class ProcessMetrics
{
    private const string Descriptors = "/proc/self/fd";

    public ProcessMetrics(IMeterFactory meters, TimeProvider time)
    {
        var meter = meters.Create("Belfry");
        using var process = Process.GetCurrentProcess();
        var started = new DateTimeOffset(process.StartTime.ToUniversalTime());
        meter.CreateObservableGauge("process.uptime", () => (time.GetUtcNow() - started).TotalSeconds, "s", "Since the process was started");
        if (!Directory.Exists(Descriptors)) return;

        meter.CreateObservableGauge(
            "process.open_file_descriptors", () => Directory.EnumerateFileSystemEntries(Descriptors).Count(), "{descriptor}", "Open files and sockets");
        if (FileLimit.Read() is { } limit)
        {
            meter.CreateObservableGauge("process.max_file_descriptors", () => limit, "{descriptor}", "How many files and sockets may be open");
        }
    }
}
