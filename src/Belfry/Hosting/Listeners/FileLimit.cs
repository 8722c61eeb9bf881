namespace Belfry.Hosting.Listeners;

/// <summary>How many files and sockets this process may have open.</summary>
internal static class FileLimit
{
    private const string Limits = "/proc/self/limits";

    /// <summary>Null where that cannot be known, or there is no limit.</summary>
    public static long? Read()
    {
        const string Line = "Max open files";
        if (!File.Exists(Limits)) return null;
        var soft = File.ReadLines(Limits)
            .Where(line => line.StartsWith(Line, StringComparison.Ordinal))
            .Select(line => line[Line.Length..].Split(' ', StringSplitOptions.RemoveEmptyEntries)[0])
            .FirstOrDefault();
        return long.TryParse(soft, out var limit) ? limit : null;
    }
}
