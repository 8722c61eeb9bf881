using System.ComponentModel;
using System.ComponentModel.DataAnnotations;
using Belfry.Settings;

namespace Belfry.Hosting;

/// <summary>How the process goes away.</summary>
[SettingsSection("Belfry:Shutdown")]
internal sealed class ShutdownOptions
{
    [Description("How long a shutdown may take: clients are told to come back and batches in flight finish; what is not done by then is cut.")]
    [Range(typeof(TimeSpan), "00:00:01", "00:05:00")]
    public TimeSpan Grace { get; set; } = TimeSpan.FromSeconds(10);
}
