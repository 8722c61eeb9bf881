using System.ComponentModel;
using System.ComponentModel.DataAnnotations;
using Belfry.Settings;

namespace Belfry.Streaming;

/// <summary>How streams are kept.</summary>
[SettingsSection("Belfry:Streaming")]
internal sealed class StreamingOptions
{
    [Description("After how much silence a stream carries a comment, so that proxies and clients know that it lives.")]
    [Range(typeof(TimeSpan), "00:00:01", "00:05:00")]
    public TimeSpan Heartbeat { get; set; } = TimeSpan.FromSeconds(15);

    [Description("How long a connection must outlive a write before what was written counts as delivered.")]
    [Range(typeof(TimeSpan), "00:00:01", "00:05:00")]
    public TimeSpan DeliveredAfter { get; set; } = TimeSpan.FromSeconds(15);

    [Description("The shortest time after which a client is told to come back; the jitter's lower end.")]
    [Range(typeof(TimeSpan), "00:00:00.1", "00:05:00")]
    public TimeSpan RetryMin { get; set; } = TimeSpan.FromSeconds(2);

    [Description("The longest time after which a client is told to come back; the jitter's upper end.")]
    [Range(typeof(TimeSpan), "00:00:00.1", "00:05:00")]
    public TimeSpan RetryMax { get; set; } = TimeSpan.FromSeconds(6);

    [Description("The shortest age at which a connection is ended, so that clients spread over instances by themselves.")]
    [Range(typeof(TimeSpan), "00:00:01", "1.00:00:00")]
    public TimeSpan AgeMin { get; set; } = TimeSpan.FromMinutes(30);

    [Description("The longest age at which a connection is ended; each has a random limit between the two.")]
    [Range(typeof(TimeSpan), "00:00:01", "1.00:00:00")]
    public TimeSpan AgeMax { get; set; } = TimeSpan.FromMinutes(60);

    [Description("How long a client may take nothing at all before its connection is closed; it resumes by its cursor.")]
    [Range(typeof(TimeSpan), "00:00:01", "01:00:00")]
    public TimeSpan StallTimeout { get; set; } = TimeSpan.FromMinutes(2);

    [Description("How many streams one user may have open on this instance.")]
    [Range(1, 100_000)]
    public int ConnectionsPerUser { get; set; } = 20;

    [Description("How many streams one address may have open on this instance; 0: no limit. Loopback never counts; IPv6 addresses count by their /64.")]
    [Range(0, 1_000_000)]
    public int ConnectionsPerAddress { get; set; }

    [Description("How many streams this instance holds.")]
    [Range(1, 1_000_000)]
    public int Connections { get; set; } = 100_000;

    [Description("How many streams may be opened in a second; more are told to come back. When an instance goes, its clients come to the others "
        + "all at once. Without a setting: 1000 for each core. 0: no limit.")]
    [Range(0, 1_000_000)]
    public int ConnectsPerSecond { get; set; } = 1000 * Environment.ProcessorCount;

    [Description("How many bytes of undelivered notifications one stream holds in memory before it goes back to reading the log.")]
    [Range(1024, 16_000_000)]
    public int QueueBytes { get; set; } = 96 * 1024;

    [Description("The most notifications that one read of the log brings.")]
    [Range(1, 10_000)]
    public int PageRows { get; set; } = 500;

    [Description("The most bytes that one read of the log brings.")]
    [Range(1024, 16_000_000)]
    public int PageBytes { get; set; } = 128 * 1024;

    [Description("How many reads of the log run at once.")]
    [Range(1, 200)]
    public int ConcurrentReads { get; set; } = 12;
}
