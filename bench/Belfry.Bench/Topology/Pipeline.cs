using Belfry.Servers;

namespace Belfry.Bench.Topology;

/// <summary>One of the systems that can be measured: its program, and what may be asked of it.</summary>
/// <param name="Name">As on the command line.</param>
/// <param name="ProcessName">What its process is called in a report.</param>
/// <param name="KeepsEventIds">Whether a notification carries the id that its event was published with.</param>
/// <param name="TakesHttp">Whether events can be published by HTTP.</param>
internal sealed record Pipeline(string Name, string ProcessName, BelfryProgram Program, bool KeepsEventIds, bool TakesHttp)
{
    public static Pipeline Belfry { get; } = new("belfry", "belfry", BelfryProgram.Service, KeepsEventIds: true, TakesHttp: true);

    /// <summary>The reference, with those of its faults mended that would make the comparison unfair.</summary>
    public static Pipeline Original { get; } = new("original", "original", BelfryProgram.Original, KeepsEventIds: true, TakesHttp: false);

    /// <summary>The reference as its authors have published it.</summary>
    public static Pipeline OriginalAsPublished { get; } = new(
        "original-as-published",
        "original",
        BelfryProgram.Original with { Arguments = ["--as-published"] },
        KeepsEventIds: false,
        TakesHttp: false);

    public static IReadOnlyList<Pipeline> All { get; } = [Belfry, Original, OriginalAsPublished];

    public bool IsBelfry => this == Belfry;
}
