namespace Belfry.Servers;

/// <summary>Where the programs of this repository lie once they are built.</summary>
public static class Built
{
    private static readonly Lazy<string> Root = new(FindRoot);

    /// <summary>The folder of Belfry.slnx.</summary>
    public static string RepositoryRoot => Root.Value;

    /// <summary><c>debug</c> or <c>release</c>: as the running program was built, so its servers are.</summary>
    public static string Configuration { get; } =
        Path.GetFileName(AppContext.BaseDirectory.TrimEnd(Path.DirectorySeparatorChar)) is "debug" ? "debug" : "release";

    /// <summary>The path of a project's assembly.</summary>
    /// <exception cref="MissingPartException">The project has not been built in this configuration.</exception>
    public static string Assembly(string project, string file)
    {
        var path = Path.Combine(RepositoryRoot, "artifacts", "bin", project, Configuration, file);
        return File.Exists(path) ? path : throw new MissingPartException(project, $"build it with `dotnet build -c {Configuration} Belfry.slnx`; there is no {path}.");
    }

    /// <summary>The path of an assembly of the release before.</summary>
    /// <exception cref="MissingPartException">It has not been built.</exception>
    public static string PreviousAssembly(string project, string file)
    {
        var path = Path.Combine(RepositoryRoot, "artifacts", "previous", "artifacts", "bin", project, "release", file);
        return File.Exists(path) ? path : throw new MissingPartException("The previous version", "build it with build/previous-version.sh.");
    }

    private static string FindRoot()
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            if (File.Exists(Path.Combine(folder.FullName, "Belfry.slnx"))) return folder.FullName;
        }
        throw new InvalidOperationException($"No Belfry.slnx above {AppContext.BaseDirectory}.");
    }
}
