using System.ComponentModel;
using System.ComponentModel.DataAnnotations;
using Belfry.Settings;

namespace Belfry.Mailboxes.Lanes;

/// <summary>How events are gathered into batches.</summary>
[SettingsSection("Belfry:Ingest")]
internal sealed class LanesOptions
{
    /// <summary>The original's 100.</summary>
    [Description("The most events that one transaction stores.")]
    [Range(1, 10_000)]
    public int MaxBatch { get; set; } = 2000;

    /// <summary>The original's 50 ms. Batches grow under load by themselves.</summary>
    [Description("How long a lane waits for a batch to fill up; 0: it takes what is there.")]
    [Range(typeof(TimeSpan), "00:00:00", "00:00:10")]
    public TimeSpan MaxWait { get; set; } = TimeSpan.Zero;

    /// <summary>On the machine that was measured, of 2 cores with everything on it, one lane took as much as two for less CPU.</summary>
    [Description("How many batches are in flight at once; a user always has the same lane. Without a setting: one for two cores, 1 to 4. SQLite has one.")]
    [Range(1, 16)]
    public int Lanes { get; set; } = Math.Clamp(Environment.ProcessorCount / 2, 1, 4);

    [Description("How many events may wait in one lane; over it HTTP is answered 503 and Kafka is paused.")]
    [Range(100, 1_000_000)]
    public int QueueItems { get; set; } = 20_000;

    [Description("How many bytes of events may wait in one lane; over it HTTP is answered 503 and Kafka is paused.")]
    [Range(2_000_000, 2_000_000_000)]
    public long QueueBytes { get; set; } = 32_000_000;

    [Description("How long a publish by HTTP waits for the store before it is answered 503.")]
    [Range(typeof(TimeSpan), "00:00:00.1", "00:01:00")]
    public TimeSpan PublishTimeout { get; set; } = TimeSpan.FromSeconds(5);
}
