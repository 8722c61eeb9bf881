namespace Belfry.Bench.Scenarios.Chaos;

/// <summary>What one run of faults is to do.</summary>
internal sealed record ChaosOptions
{
    /// <summary>With everything but the last drain.</summary>
    public TimeSpan Duration { get; init; } = TimeSpan.FromMinutes(10);

    /// <summary>Of the schedule, of who gets events, and of who comes and goes.</summary>
    public int Seed { get; init; } = 1;

    public int Instances { get; init; } = 3;

    /// <summary>Events a second, all ways in together.</summary>
    public double Rate { get; init; } = 2_000;

    public int Connections { get; init; } = 300;

    public int Users { get; init; } = 1_000;

    /// <summary>The size of an event's payload, in bytes.</summary>
    public int Payload { get; init; } = 250;

    /// <summary>Whether instances wake each other by Redis; else by PostgreSQL.</summary>
    public bool Redis { get; init; }

    /// <summary>Settings of the instances, as environment variables, beside those that the run needs.</summary>
    public IReadOnlyDictionary<string, string> Settings { get; init; } = new Dictionary<string, string>();

    /// <summary>Where the logs of all servers are kept; null: in artifacts/chaos.</summary>
    public string? Logs { get; init; }

    public string? JsonFile { get; init; }

    /// <summary>At the end no fault begins, and none lasts, so that everything can settle.</summary>
    public TimeSpan Quiet => Shorter(Duration / 4, Longer(TimeSpan.FromSeconds(30), Shorter(TimeSpan.FromSeconds(60), Duration / 10)));

    /// <summary>How long events are published: into the quiet.</summary>
    public TimeSpan Publishing => Duration - Quiet / 2;

    private static TimeSpan Shorter(TimeSpan a, TimeSpan b) => a < b ? a : b;

    private static TimeSpan Longer(TimeSpan a, TimeSpan b) => a > b ? a : b;
}
