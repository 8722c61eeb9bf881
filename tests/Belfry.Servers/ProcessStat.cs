using System.Globalization;

namespace Belfry.Servers;

/// <summary>
/// One line of /proc/&lt;pid&gt;/stat. Times are clock ticks of 10 ms, user and system together: of the process itself, and of
/// those of its descendants that have ended and been waited for.
/// </summary>
internal sealed record ProcessStat(int Pid, char State, int Parent, long Ticks, long ChildTicks)
{
    /// <summary>Null when there is no such process.</summary>
    public static ProcessStat? Read(int pid)
    {
        string line;
        try
        {
            line = File.ReadAllText($"/proc/{pid}/stat");
        }
        catch (IOException)
        {
            return null;
        }
        if (line.Length == 0) return null;

        // The name, in parentheses, may hold anything; what follows its last parenthesis is numbers: proc(5), from field 3 on.
        var fields = line[(line.LastIndexOf(')') + 2)..].Split(' ');
        return new ProcessStat(pid, fields[0][0], (int)Number(3 + 1), Number(14) + Number(15), Number(16) + Number(17));

        long Number(int field) => long.Parse(fields[field - 3], CultureInfo.InvariantCulture);
    }
}
