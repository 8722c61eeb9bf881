using System.ComponentModel;
using System.ComponentModel.DataAnnotations;
using Belfry.Settings;

namespace Belfry.Work;

/// <summary>How the work queue is run. Names and values are the original's.</summary>
[SettingsSection("Belfry:Work")]
internal sealed class WorkOptions
{
    [Description("How many loops claim due tasks; all but one sleep until there is more than one can take.")]
    [Range(1, 100)]
    public int Pickers { get; set; } = 10;

    [Description("How many tasks run at once.")]
    [Range(1, 1000)]
    public int Workers { get; set; } = 50;

    [Description("How many claimed tasks may wait for a worker; over it nothing is claimed.")]
    [Range(1, 100_000)]
    public int ChannelCapacity { get; set; } = 5000;

    [Description("The most tasks that one statement claims.")]
    [Range(1, 10_000)]
    public int ClaimBatch { get; set; } = 500;

    [Description("How often the queue is looked at without a wake-up: a safety net, and what finds scheduled tasks that have become due.")]
    [Range(typeof(TimeSpan), "00:00:00.01", "00:01:00")]
    public TimeSpan PollInterval { get; set; } = TimeSpan.FromMilliseconds(100);

    [Description("How long a claimed task is its worker's without a renewal.")]
    [Range(typeof(TimeSpan), "00:00:01", "00:10:00")]
    public TimeSpan Lease { get; set; } = TimeSpan.FromSeconds(30);

    [Description("How often tasks whose lease has run out are freed.")]
    [Range(typeof(TimeSpan), "00:00:00.1", "00:10:00")]
    public TimeSpan ReclaimInterval { get; set; } = TimeSpan.FromSeconds(10);
}
