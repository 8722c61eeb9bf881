using System.ComponentModel;
using System.ComponentModel.DataAnnotations;
using Belfry.Settings;

namespace Belfry.Mailboxes.Sqlite;

/// <summary>Where the embedded store keeps its file. It is used when there is no connection string for PostgreSQL.</summary>
[SettingsSection("Belfry:Sqlite")]
internal sealed class SqliteOptions
{
    /// <summary>The file with <c>.epoch</c> behind its name must stay beside it, and out of its backups.</summary>
    [Description("The SQLite file, on a local disk. Not set: belfry.db in the data folder. A backup is restored over this file alone: "
        + "the file beside it (.epoch) stays, and tells that the past has changed.")]
    public string? Path { get; set; }

    [Description("How long a call waits for its turn, and for another program that has the file locked; then it is tried again later.")]
    [Range(typeof(TimeSpan), "00:00:00.1", "00:01:00")]
    public TimeSpan LockTimeout { get; set; } = TimeSpan.FromSeconds(5);

    /// <summary>The file's full path.</summary>
    public string ResolvePath(DataOptions data) => System.IO.Path.GetFullPath(Path ?? System.IO.Path.Combine(data.DataFolder, "belfry.db"));
}
