namespace Belfry.Cluster;

/// <summary>In whose name this process claims, beats and wakes.</summary>
/// <param name="version">Which build this is.</param>
internal sealed class InstanceIdentity(string version)
{
    /// <summary>New for each start.</summary>
    public Guid Id { get; } = Guid.CreateVersion7();

    public string Version { get; } = version;
}
