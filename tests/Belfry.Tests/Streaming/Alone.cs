using Belfry.Cluster;
using Microsoft.Extensions.Options;

namespace Belfry.Tests.Streaming;

/// <summary>What the cluster is to an instance that has no others.</summary>
internal static class Alone
{
    public static Presence Presence() => new(new InstanceIdentity("tests"), Options.Create(new ClusterOptions()));
}
