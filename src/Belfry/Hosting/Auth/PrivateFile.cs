namespace Belfry.Hosting.Auth;

/// <summary>Files that only this account may read.</summary>
internal static class PrivateFile
{
    /// <summary>Creates the file whole; false, and nothing is changed, when there is one.</summary>
    public static bool TryCreate(string path, ReadOnlySpan<byte> content)
    {
        var draft = Write(path, content);
        try
        {
            File.Move(draft, path, overwrite: false);
            return true;
        }
        catch (IOException) when (File.Exists(path))
        {
            File.Delete(draft);
            return false;
        }
    }

    /// <summary>Creates or replaces the file whole.</summary>
    public static void Put(string path, ReadOnlySpan<byte> content) => File.Move(Write(path, content), path, overwrite: true);

    private static string Write(string path, ReadOnlySpan<byte> content)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(Path.GetFullPath(path))!);
        var draft = $"{path}.{Guid.CreateVersion7():N}";
        var options = new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write };
        if (!OperatingSystem.IsWindows()) options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        using var file = new FileStream(draft, options);
        file.Write(content);
        return draft;
    }
}
