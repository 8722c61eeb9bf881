using Belfry.Bench.Topology;

namespace Belfry.Bench;

/// <summary>How events get into the system.</summary>
internal enum WayIn
{
    Kafka,
    Http,

    /// <summary>Nothing is published.</summary>
    None,
}

/// <summary>What keeps the mailboxes.</summary>
internal enum StoreKind
{
    Postgres,
    Sqlite,
}

/// <summary>What one run is to do.</summary>
internal sealed record RunOptions
{
    public required string Scenario { get; init; }

    public Pipeline Pipeline { get; init; } = Pipeline.Belfry;

    public StoreKind Store { get; init; } = StoreKind.Postgres;

    public WayIn Via { get; init; } = WayIn.Kafka;

    /// <summary>How many streams are open.</summary>
    public int Connections { get; init; } = 1_000;

    /// <summary>How many users events are for; the first of them have the streams.</summary>
    public int Users { get; init; } = 1_000;

    /// <summary>How many instances of the system share the store. Streams are spread over them.</summary>
    public int Instances { get; init; } = 1;

    /// <summary>Whether events come in at the first instance alone, and streams are at the others.</summary>
    public bool Apart { get; init; }

    /// <summary>Events a second; null: the highest that holds.</summary>
    public double? Rate { get; init; } = 1_200;

    /// <summary>Whether the followers service publishes to topics, so that its events go through the work queue.</summary>
    public bool FollowersByTopic { get; init; }

    /// <summary>Whether a transaction with a snapshot is open all the while.</summary>
    public bool HoldTransaction { get; init; }

    /// <summary>How long is measured.</summary>
    public TimeSpan Duration { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>How long the load runs before that.</summary>
    public TimeSpan WarmUp { get; init; } = TimeSpan.FromSeconds(3);

    /// <summary>For a replay: how many wait for each user.</summary>
    public int Notifications { get; init; } = 1_000;

    /// <summary>For a fan-out: how many members the topic has.</summary>
    public int Members { get; init; } = 1_000_000;

    /// <summary>For a fan-out: how often the server is killed in between.</summary>
    public int Kills { get; init; } = 2;

    /// <summary>The size of an event's payload, in bytes.</summary>
    public int Payload { get; init; } = 250;

    /// <summary>For the search of the highest rate: the latency up to which a rate holds.</summary>
    public TimeSpan MaxP99 { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>A PostgreSQL that is there; null starts one.</summary>
    public string? Postgres { get; init; }

    /// <summary>A Kafka that is there; null starts one.</summary>
    public string? Kafka { get; init; }

    /// <summary>Settings of the server, as environment variables, beside those that the run needs.</summary>
    public IReadOnlyDictionary<string, string> Settings { get; init; } = new Dictionary<string, string>();

    /// <summary>Properties of librdkafka for the producer, in place of the bench's own.</summary>
    public IReadOnlyDictionary<string, string> Producer { get; init; } = new Dictionary<string, string>();

    public string? JsonFile { get; init; }

    public string? HtmlFile { get; init; }
}
