using System.Globalization;
using Belfry.Servers;

namespace Belfry.Bench.Scenarios.Chaos;

/// <summary>What a fault befalls.</summary>
internal enum FaultTarget
{
    Instance,
    Postgres,
    Kafka,
    Redis,

    /// <summary>An instance's way to PostgreSQL.</summary>
    PostgresLink,

    /// <summary>An instance's way to Kafka.</summary>
    KafkaLink,

    /// <summary>The way of clients and publishers to an instance.</summary>
    ClientLink,
}

/// <summary>What happens to it.</summary>
internal enum FaultAction
{
    /// <summary>kill -9, and started again.</summary>
    Kill,

    /// <summary>Ended in good order, and started again.</summary>
    Restart,

    /// <summary>SIGSTOP, and SIGCONT: it comes back and does not know that it was away.</summary>
    Freeze,

    /// <summary>Connections are reset, and new ones refused.</summary>
    Cut,

    /// <summary>Everything takes longer.</summary>
    Delay,

    /// <summary>Connections stand, but nothing comes through, in one direction or in both.</summary>
    Stall,
}

/// <summary>A kind of fault.</summary>
internal readonly record struct FaultKind(FaultTarget Target, FaultAction Action)
{
    private static readonly FaultTarget[] Links = [FaultTarget.PostgresLink, FaultTarget.KafkaLink, FaultTarget.ClientLink];

    public bool IsOfInstance => Target == FaultTarget.Instance || IsOfLink;

    public bool IsOfLink => Links.Contains(Target);

    /// <summary>Whether the instance cannot be reached, or does nothing, as long as it lasts.</summary>
    public bool TakesInstanceAway => Target == FaultTarget.Instance || (Target == FaultTarget.ClientLink && Action != FaultAction.Delay);

    /// <summary>All that can happen.</summary>
    public static IReadOnlyList<FaultKind> All(bool redis) =>
    [
        new(FaultTarget.Instance, FaultAction.Kill),
        new(FaultTarget.Instance, FaultAction.Restart),
        new(FaultTarget.Instance, FaultAction.Freeze),
        new(FaultTarget.Postgres, FaultAction.Kill),
        new(FaultTarget.Postgres, FaultAction.Restart),
        new(FaultTarget.Kafka, FaultAction.Kill),
        new(FaultTarget.Kafka, FaultAction.Restart),
        .. redis ? [new FaultKind(FaultTarget.Redis, FaultAction.Restart)] : Array.Empty<FaultKind>(),
        .. Links.SelectMany(link => new FaultKind[] { new(link, FaultAction.Cut), new(link, FaultAction.Delay), new(link, FaultAction.Stall) }),
    ];

    public override string ToString() => $"{Action} {Target}".ToLowerInvariant();
}

/// <summary>One fault: what, when, and for how long.</summary>
/// <param name="At">From the beginning of the run.</param>
internal sealed record Fault(TimeSpan At, FaultKind Kind)
{
    /// <summary>Whose, from 0; -1 where it is nobody's alone.</summary>
    public int Instance { get; init; } = -1;

    /// <summary>Until it is mended, or until what has ended is started again.</summary>
    public TimeSpan Lasts { get; init; }

    /// <summary>What a stall holds back.</summary>
    public Way Way { get; init; } = Way.Both;

    /// <summary>What a delay adds, each way.</summary>
    public TimeSpan Latency { get; init; }

    /// <summary>What no two faults may befall at once: the end of one would be the end of the other.</summary>
    public (FaultTarget Target, int Instance) Resource => (Kind.Target, Instance);

    public override string ToString()
    {
        var whose = Instance < 0 ? "" : string.Create(CultureInfo.InvariantCulture, $" of instance {Instance}");
        var how = Kind.Action switch
        {
            FaultAction.Stall => $", {Way}".ToLowerInvariant(),
            FaultAction.Delay => string.Create(CultureInfo.InvariantCulture, $", {Latency.TotalMilliseconds:0} ms"),
            _ => "",
        };
        return string.Create(CultureInfo.InvariantCulture, $"{At.TotalSeconds,6:0.0} s  {Kind}{(Kind.IsOfLink ? whose : Instance < 0 ? "" : $" {Instance}")} for {Lasts.TotalSeconds:0.0} s{how}");
    }
}
