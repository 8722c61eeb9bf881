using System.Globalization;

namespace Belfry.Servers;

/// <summary>Where PostgreSQL's programs are, and as whom they run: they refuse root.</summary>
internal sealed class PostgresBinaries
{
    private const string DebianFolder = "/usr/lib/postgresql";
    private const string Variable = "BELFRY_TEST_POSTGRES_BIN";

    private readonly string _folder;

    private PostgresBinaries(string folder) => _folder = folder;

    /// <summary>The folder of <c>BELFRY_TEST_POSTGRES_BIN</c>, else the newest that Debian's packages have put there.</summary>
    public static PostgresBinaries Find()
    {
        var folder = Environment.GetEnvironmentVariable(Variable) is { Length: > 0 } chosen ? chosen : FindNewest();
        return folder is not null && File.Exists(Path.Combine(folder, "initdb"))
            ? new PostgresBinaries(folder)
            : throw new MissingPartException("PostgreSQL", $"run build/install-parts.sh, or point {Variable} to the folder of initdb and postgres.");
    }

    /// <summary>The command line that runs a program of PostgreSQL as a user whom it accepts.</summary>
    public IEnumerable<string> Command(string program, params IEnumerable<string> arguments) =>
        [.. AsPostgres(), Path.Combine(_folder, program), .. arguments];

    /// <summary>The path of a program that anyone may run, such as pgbench.</summary>
    /// <exception cref="MissingPartException">It is not there.</exception>
    public string PathOf(string program)
    {
        var path = Path.Combine(_folder, program);
        return File.Exists(path) ? path : throw new MissingPartException(program, $"it belongs to PostgreSQL's own packages, and is not in {_folder}.");
    }

    /// <summary>Makes the folder the property of the user who runs the server.</summary>
    public static async Task GiveAsync(string folder, CancellationToken ct)
    {
        if (Environment.IsPrivilegedProcess) await Servers.Command.RunAsync(["chown", "postgres:", folder], ct);
    }

    /// <summary>What goes before a program that refuses root.</summary>
    // Not runuser: it stays between as a parent, and the process that we start must be the postmaster itself.
    public static string[] AsPostgres() =>
        Environment.IsPrivilegedProcess ? ["setpriv", "--reuid=postgres", "--regid=postgres", "--init-groups", "--"] : [];

    private static string? FindNewest() =>
        !Directory.Exists(DebianFolder)
            ? null
            : Directory.EnumerateDirectories(DebianFolder)
                .Where(folder => File.Exists(Path.Combine(folder, "bin", "initdb")))
                .OrderByDescending(Version)
                .Select(folder => Path.Combine(folder, "bin"))
                .FirstOrDefault();

    private static decimal Version(string folder) =>
        decimal.TryParse(Path.GetFileName(folder), CultureInfo.InvariantCulture, out var version) ? version : 0;
}
