using Belfry.Bench.Report;

namespace Belfry.Bench.Scenarios;

/// <summary>One kind of run.</summary>
internal abstract class Scenario
{
    /// <summary>All there are.</summary>
    public static IReadOnlyList<Scenario> All { get; } = [new LiveScenario(), new ReplayScenario(), new FanOutScenario(), new RestartsScenario(), new DevicesScenario(), new IdleScenario()];

    /// <summary>As on the command line.</summary>
    public abstract string Name { get; }

    /// <summary>One line for the help.</summary>
    public abstract string Description { get; }

    public virtual int DefaultConnections => 1_000;

    /// <summary>How many share the store.</summary>
    public virtual int DefaultInstances => 1;

    public virtual TimeSpan DefaultDuration => TimeSpan.FromSeconds(60);

    /// <summary>Events a second, or max.</summary>
    public virtual string DefaultRate => "1200";

    /// <summary>How events come in.</summary>
    public virtual string DefaultVia => "kafka";

    /// <summary>Without events there is no need for Kafka.</summary>
    public virtual bool Publishes => true;

    /// <summary>Runs on servers that stand, and reports.</summary>
    public abstract Task<RunReport> RunAsync(Run run, CancellationToken ct);
}
