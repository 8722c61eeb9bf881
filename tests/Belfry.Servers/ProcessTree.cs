using System.Globalization;

namespace Belfry.Servers;

/// <summary>The processes of this machine as /proc tells them.</summary>
internal static class ProcessTree
{
    /// <summary>The direct children of a process that live now.</summary>
    public static IReadOnlyList<int> ChildrenOf(int pid) =>
        [.. All().Where(process => process.Parent == pid).Select(process => process.Pid)];

    /// <summary>The process and all that descend from it.</summary>
    public static IReadOnlyList<int> Of(int pid)
    {
        var children = All().ToLookup(process => process.Parent, process => process.Pid);
        var tree = new List<int> { pid };
        for (var next = 0; next < tree.Count; next++) tree.AddRange(children[tree[next]]);
        return tree;
    }

    /// <summary>False for a zombie too: it holds nothing any more.</summary>
    public static bool IsAlive(int pid) => ProcessStat.Read(pid) is { State: not ('Z' or 'X') };

    private static IEnumerable<ProcessStat> All() =>
        Directory.EnumerateDirectories("/proc")
            .Select(folder => int.TryParse(Path.GetFileName(folder), NumberStyles.None, CultureInfo.InvariantCulture, out var pid) ? pid : 0)
            .Where(pid => pid > 0)
            .Select(ProcessStat.Read)
            .OfType<ProcessStat>();
}
