using System.ComponentModel;
using System.ComponentModel.DataAnnotations;
using Belfry.Settings;

namespace Belfry.Cluster;

/// <summary>How instances on one PostgreSQL know of each other.</summary>
[SettingsSection("Belfry:Cluster")]
internal sealed class ClusterOptions : IValidatableObject
{
    [Description("This instance's name among the others, in lists and on the dashboard. Without a setting: the host's name and the process id.")]
    public string Name { get; set; } = $"{Environment.MachineName}/{Environment.ProcessId}";

    [Description("How often this instance says that it lives.")]
    [Range(typeof(TimeSpan), "00:00:00.1", "00:00:30")]
    public TimeSpan Heartbeat { get; set; } = TimeSpan.FromSeconds(1);

    [Description("After how long without a sign of life this instance counts as gone, and others take over its duties.")]
    [Range(typeof(TimeSpan), "00:00:01", "00:05:00")]
    public TimeSpan Lease { get; set; } = TimeSpan.FromSeconds(5);

    [Description("The shortest time between two wake-ups to the other instances; what is stored meanwhile goes into one. 0: none.")]
    [Range(typeof(TimeSpan), "00:00:00", "00:00:01")]
    public TimeSpan WakeInterval { get; set; } = TimeSpan.FromMilliseconds(5);

    [Description("How often this instance looks through what the log has just received, for wake-ups that were lost. Only while there are other instances.")]
    [Range(typeof(TimeSpan), "00:00:00.1", "00:01:00")]
    public TimeSpan SweepInterval { get; set; } = TimeSpan.FromMilliseconds(500);

    [Description("The channel for wake-ups, of PostgreSQL's NOTIFY or of Redis. With Redis every Belfry on the same server needs another one.")]
    [RegularExpression("[a-z][a-z0-9_.:-]{0,62}", ErrorMessage = "The channel is 1 to 63 of a-z, 0-9, and _ . : - and begins with a letter.")]
    public string Channel { get; set; } = "belfry";

    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        if (Lease < 2 * Heartbeat) yield return new ValidationResult("must be at least twice the heartbeat, or one late beat loses it", [nameof(Lease)]);
        if (Name.Length is 0 or > 255) yield return new ValidationResult("must have 1 to 255 characters", [nameof(Name)]);
    }
}
