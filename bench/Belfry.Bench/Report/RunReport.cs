using System.Text.Json.Serialization;
using Belfry.Bench.Scenarios;

namespace Belfry.Bench.Report;

/// <summary>What a run has found. Its names in JSON are a contract; a number is never null.</summary>
internal sealed record RunReport
{
    public required string Scenario { get; init; }

    public required string Pipeline { get; init; }

    /// <summary>Whether every promise that could be seen held.</summary>
    public bool Held { get; init; }

    /// <summary>By intended send time, over the measured window.</summary>
    public double OfferedPerS { get; init; }

    /// <summary>By the time that the store gave the rows.</summary>
    public double StoredPerS { get; init; }

    /// <summary>By the time of arrival at the client.</summary>
    public double DeliveredPerS { get; init; }

    /// <summary>Distinct received / stored, for users with streams.</summary>
    public double DeliveryRatio { get; init; }

    public long Lost { get; init; }

    public long Duplicates { get; init; }

    public long Gaps { get; init; }

    public long Disorder { get; init; }

    public long Foreign { get; init; }

    /// <summary>Received, and not stored.</summary>
    public long Phantoms { get; init; }

    /// <summary>Events that the way in refused or gave up.</summary>
    public long Refused { get; init; }

    /// <summary>Stored, though the way in did not say so.</summary>
    public long StoredUnacknowledged { get; init; }

    /// <summary>Open at the end.</summary>
    public long Connections { get; init; }

    /// <summary>Attempts to connect that failed.</summary>
    public long Failed { get; init; }

    public long Reconnects { get; init; }

    public long Resets { get; init; }

    public LatencyReport LatencyMs { get; init; } = new();

    [JsonPropertyName("cpu_s_per_1000")]
    public IReadOnlyDictionary<string, double> CpuSPer1000 { get; init; } = new Dictionary<string, double>();

    /// <summary>Seconds in the measured window and until all had arrived.</summary>
    public IReadOnlyDictionary<string, double> CpuS { get; init; } = new Dictionary<string, double>();

    public IReadOnlyDictionary<string, MemoryReport> Memory { get; init; } = new Dictionary<string, MemoryReport>();

    public IReadOnlyDictionary<string, NetworkReport> Network { get; init; } = new Dictionary<string, NetworkReport>();

    public KafkaReport Kafka { get; init; } = new();

    /// <summary>How many notifications have which status.</summary>
    public IReadOnlyDictionary<string, long> Status { get; init; } = new Dictionary<string, long>();

    public StorageReport Storage { get; init; } = new();

    public SeriesReport Series { get; init; } = new();

    /// <summary>Of a search for the highest rate: what was tried, in order.</summary>
    public IReadOnlyList<Probe>? Probes { get; init; }

    public ReplayReport? Replay { get; init; }

    public FanOutReport? Fanout { get; init; }

    public IReadOnlyList<RestartReport>? Restarts { get; init; }

    public DevicesReport? Devices { get; init; }

    public IdleReport? Idle { get; init; }

    /// <summary>The first few of each kind of fault, by name.</summary>
    public IReadOnlyList<string> Findings { get; init; } = [];

    /// <summary>What could not be measured, and what else a reader must know.</summary>
    public IReadOnlyList<string> Notes { get; init; } = [];

    public required IReadOnlyDictionary<string, string> Parameters { get; init; }

    public required IReadOnlyDictionary<string, string> Machine { get; init; }

    public required IReadOnlyDictionary<string, string> Versions { get; init; }

    public required string Commit { get; init; }

    public DateTimeOffset FinishedAt { get; init; }
}
