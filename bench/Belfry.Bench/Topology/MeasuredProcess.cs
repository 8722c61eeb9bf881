namespace Belfry.Bench.Topology;

/// <summary>A process of this machine whose use of it is reported.</summary>
/// <param name="Name">In the report.</param>
/// <param name="Port">Where it listens: its sockets are known by that where their owner may not be seen.</param>
internal sealed record MeasuredProcess(string Name, int Pid, int? Port)
{
    /// <summary>Whether what it does is done by processes below it.</summary>
    public bool HasChildren { get; init; }
}
