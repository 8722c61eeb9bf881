namespace Belfry.Servers;

/// <summary>Reads a log that its server may still be writing.</summary>
internal static class ServerLog
{
    private const int TailBytes = 16 * 1024;

    public static string Read(string path) => Read(path, long.MaxValue);

    /// <summary>The last lines, for an error message.</summary>
    public static string Tail(string path) => Read(path, TailBytes);

    public static string Read(string path, long lastBytes)
    {
        if (!File.Exists(path)) return "";
        using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
        file.Seek(-Math.Min(lastBytes, file.Length), SeekOrigin.End);
        using var reader = new StreamReader(file);
        return reader.ReadToEnd();
    }
}
