using System.Globalization;

namespace Belfry.Servers;

/// <summary>What a process has taken of the machine, as /proc tells.</summary>
/// <param name="Cpu">User and system time since its start, to 10 ms; never falls while the process lives.</param>
/// <param name="ResidentBytes">Memory held now; what several processes share counts in each.</param>
/// <param name="ProportionalBytes">The same, but what n processes share counts 1/n in each: the figure to add up. 0 where it may not be read.</param>
public readonly record struct ProcessUsage(TimeSpan Cpu, long ResidentBytes, long ProportionalBytes)
{
    private const int TicksPerSecond = 100;

    /// <summary>Of the one process; all zero when it does not live.</summary>
    public static ProcessUsage Of(int pid) =>
        ProcessStat.Read(pid) is { } stat ? new ProcessUsage(Time(stat.Ticks), Resident(pid), Proportional(pid)) : default;

    /// <summary>
    /// Of a process and all that descend from it, those included that have ended: a server of processes, such as
    /// PostgreSQL's backends below their postmaster.
    /// </summary>
    public static ProcessUsage OfTree(int pid)
    {
        var total = default(ProcessUsage);
        foreach (var member in ProcessTree.Of(pid))
        {
            if (ProcessStat.Read(member) is not { } stat) continue;
            total = new ProcessUsage(
                total.Cpu + Time(stat.Ticks + stat.ChildTicks),
                total.ResidentBytes + Resident(member),
                total.ProportionalBytes + Proportional(member));
        }
        return total;
    }

    private static TimeSpan Time(long ticks) => TimeSpan.FromSeconds((double)ticks / TicksPerSecond);

    private static long Resident(int pid) => Kilobytes($"/proc/{pid}/status", "VmRSS:");

    private static long Proportional(int pid) => Kilobytes($"/proc/{pid}/smaps_rollup", "Pss:");

    private static long Kilobytes(string file, string field)
    {
        try
        {
            var line = File.ReadLines(file).FirstOrDefault(line => line.StartsWith(field, StringComparison.Ordinal));
            return line is null ? 0 : 1024 * long.Parse(line[field.Length..^"kB".Length], CultureInfo.InvariantCulture);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return 0;
        }
    }
}
