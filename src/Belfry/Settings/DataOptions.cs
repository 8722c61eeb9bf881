using System.ComponentModel;
using System.ComponentModel.DataAnnotations;

namespace Belfry.Settings;

/// <summary>Where the program writes.</summary>
[SettingsSection("Belfry")]
internal sealed class DataOptions
{
    /// <summary>Made when it is needed.</summary>
    [Description("The only folder that the program writes to: the SQLite file, throw-away keys, a profile while it is taken.")]
    [Required]
    public string DataFolder { get; set; } = "./belfry-data";
}
