using System.ComponentModel;
using System.ComponentModel.DataAnnotations;
using Belfry.Settings;

namespace Belfry.Original;

/// <summary>The original's settings with the values it published after its tuning.</summary>
[SettingsSection("Original")]
internal sealed class OriginalOptions
{
    [Description("Run with all the faults it was published with: offsets committed before the rows, new ids, a transaction for each row, "
        + "HIGH last, and full connection buffers that drop.")]
    public bool AsPublished { get; set; }

    [Description("How many events the consumer collects before it inserts them.")]
    [Range(1, 10_000)]
    public int BatchSize { get; set; } = 100;

    [Description("How long the consumer waits for a batch to fill.")]
    [Range(typeof(TimeSpan), "00:00:00.001", "00:01:00")]
    public TimeSpan BatchWait { get; set; } = TimeSpan.FromMilliseconds(50);

    [Description("How many pickers claim rows, each on its own.")]
    [Range(1, 1000)]
    public int Pickers { get; set; } = 10;

    [Description("How often each picker looks for rows.")]
    [Range(typeof(TimeSpan), "00:00:00.001", "00:01:00")]
    public TimeSpan PollInterval { get; set; } = TimeSpan.FromMilliseconds(100);

    [Description("How many rows one claim takes at most.")]
    [Range(1, 10_000)]
    public int ClaimBatch { get; set; } = 500;

    [Description("For how long a claimed row is this instance's; after that the reclaim gives it back.")]
    [Range(typeof(TimeSpan), "00:00:00.1", "01:00:00")]
    public TimeSpan Lease { get; set; } = TimeSpan.FromSeconds(30);

    [Description("How often rows whose lease has run out are given back.")]
    [Range(typeof(TimeSpan), "00:00:00.1", "01:00:00")]
    public TimeSpan ReclaimInterval { get; set; } = TimeSpan.FromSeconds(10);

    [Description("How many claimed rows wait in memory for a worker; when it is full the pickers wait.")]
    [Range(1, 1_000_000)]
    public int ChannelCapacity { get; set; } = 5000;

    [Description("How many workers push rows to connections.")]
    [Range(1, 10_000)]
    public int Workers { get; set; } = 50;

    /// <summary>The original's own bound was not published; this is a usual one.</summary>
    [Description("How many notifications one connection holds before it is full.")]
    [Range(1, 100_000)]
    public int ConnectionBuffer { get; set; } = 100;

    [Description("How long a worker waits for room in a full connection before it leaves the row to the reclaim. As published: not at all.")]
    [Range(typeof(TimeSpan), "00:00:00.001", "00:10:00")]
    public TimeSpan PushPatience { get; set; } = TimeSpan.FromSeconds(5);

    [Description("The most connections to PostgreSQL.")]
    [Range(4, 1000)]
    public int MaxPoolSize { get; set; } = 50;

    [Description("How many idle connections to PostgreSQL are kept.")]
    [Range(0, 1000)]
    public int MinPoolSize { get; set; } = 25;

    [Description("How long a connection to PostgreSQL may live.")]
    [Range(typeof(TimeSpan), "00:00:10", "1.00:00:00")]
    public TimeSpan ConnectionLifetime { get; set; } = TimeSpan.FromMinutes(5);
}
