namespace Belfry.Servers;

/// <summary>A folder that is gone when its owner is: by <see cref="Dispose"/>, or by the <see cref="Reaper"/> when this process dies.</summary>
public sealed class TemporaryFolder : IDisposable
{
    private const UnixFileMode Enterable = UnixFileMode.OtherExecute;

    private TemporaryFolder(string path) => Path = path;

    /// <summary>The folder's full path.</summary>
    public string Path { get; }

    /// <summary>Makes a folder, readable only by this user, in a place that every user may enter.</summary>
    public static TemporaryFolder Create(string name)
    {
        var path = System.IO.Path.Combine(FindPlace(), $"belfry-{name}-{System.IO.Path.GetRandomFileName().Replace(".", "", StringComparison.Ordinal)}");
        Directory.CreateDirectory(path, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        Reaper.OfThisProcess.Remove(path);
        return new TemporaryFolder(path);
    }

    /// <summary>The path of something in this folder.</summary>
    public string Combine(string name) => System.IO.Path.Combine(Path, name);

    public void Dispose()
    {
        try
        {
            Directory.Delete(Path, recursive: true);
        }
        catch (DirectoryNotFoundException)
        {
        }
    }

    // Servers that refuse to run as root run as a user of their own, who cannot enter, say, a TMPDIR below /root.
    private static string FindPlace() =>
        new[] { System.IO.Path.GetTempPath(), "/tmp", "/var/tmp" }.FirstOrDefault(EveryoneMayEnter) ?? System.IO.Path.GetTempPath();

    private static bool EveryoneMayEnter(string path)
    {
        for (var folder = new DirectoryInfo(path); folder is not null; folder = folder.Parent)
        {
            if (!folder.Exists || (folder.UnixFileMode & Enterable) == 0) return false;
        }
        return true;
    }
}
