using Belfry.Bench.Report;

namespace Belfry.Bench.Scenarios.Chaos;

/// <summary>What a run of faults has found. Its names in JSON are a contract; a number is never null.</summary>
internal sealed record ChaosReport
{
    public string Scenario { get; init; } = "chaos";

    /// <summary>Whether every promise that could be seen held.</summary>
    public bool Held { get; init; }

    public int Seed { get; init; }

    public double Minutes { get; init; }

    public long Lost { get; init; }

    public long Duplicates { get; init; }

    public long Gaps { get; init; }

    public long Disorder { get; init; }

    public long Foreign { get; init; }

    /// <summary>Received, and not stored.</summary>
    public long Phantoms { get; init; }

    public long Resets { get; init; }

    /// <summary>Events that HTTP would not take.</summary>
    public long Refused { get; init; }

    /// <summary>Distinct events.</summary>
    public long Published { get; init; }

    /// <summary>Distinct events that any way in has told to be durable.</summary>
    public long Acknowledged { get; init; }

    public long AcknowledgedByKafka { get; init; }

    public long AcknowledgedByHttp { get; init; }

    /// <summary>Sent once more on purpose, by any way in.</summary>
    public long SentTwice { get; init; }

    /// <summary>Of HTTP's answers: had been there before.</summary>
    public long AnsweredAsDuplicates { get; init; }

    /// <summary>Given to Kafka, which never said whether it has them.</summary>
    public long Maybe { get; init; }

    public long HttpRetries { get; init; }

    /// <summary>Rows.</summary>
    public long Stored { get; init; }

    public long StoredUnacknowledged { get; init; }

    /// <summary>Distinct notifications, each once for each stream.</summary>
    public long Received { get; init; }

    /// <summary>What the streams were to receive.</summary>
    public long Due { get; init; }

    public long Connections { get; init; }

    public long Reconnects { get; init; }

    public long FailedConnects { get; init; }

    /// <summary>Streams given up because nothing came any more.</summary>
    public long SilentStreams { get; init; }

    public long Byes { get; init; }

    /// <summary>Streams that were told to leave for a while.</summary>
    public long Leaves { get; init; }

    public double LongestWithoutStreamS { get; init; }

    public LatencyReport LatencyMs { get; init; } = new();

    /// <summary>End of the topic and stored offset, summed up.</summary>
    public long KafkaEnd { get; init; }

    public long KafkaStored { get; init; }

    public IReadOnlyDictionary<string, int> Faults { get; init; } = new Dictionary<string, int>();

    public IReadOnlyDictionary<string, double> AwayS { get; init; } = new Dictionary<string, double>();

    public double SlowestEndS { get; init; }

    /// <summary>From the end of the run until everything had arrived.</summary>
    public double DrainS { get; init; }

    /// <summary>The faults as they have happened.</summary>
    public IReadOnlyList<string> Schedule { get; init; } = [];

    /// <summary>The first few of each kind of broken promise, with what is known of the event.</summary>
    public IReadOnlyList<string> Findings { get; init; } = [];

    /// <summary>What else did not go as it must.</summary>
    public IReadOnlyList<string> Wrong { get; init; } = [];

    public required IReadOnlyDictionary<string, string> Parameters { get; init; }

    public required IReadOnlyDictionary<string, string> Machine { get; init; }

    public required string Commit { get; init; }

    /// <summary>Where the servers' logs are.</summary>
    public required string Logs { get; init; }

    public DateTimeOffset FinishedAt { get; init; }
}
