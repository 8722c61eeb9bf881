using Microsoft.AspNetCore.Routing.Matching;

namespace Belfry.Hosting.Listeners;

/// <summary>
/// Lets routing see only the endpoints of the listener that the connection came through. It decides before the HTTP method does,
/// so that a path of the other listener is unknown (404), not forbidden or of another method.
/// </summary>
internal sealed class ListenerMatcherPolicy : MatcherPolicy, INodeBuilderPolicy
{
    public override int Order => int.MinValue;

    // Endpoints without a mark are public, so there is always something to decide.
    public bool AppliesToEndpoints(IReadOnlyList<Endpoint> endpoints) => true;

    public IReadOnlyList<PolicyNodeEdge> GetEdges(IReadOnlyList<Endpoint> endpoints) =>
    [
        .. from listener in new[] { Listener.Public, Listener.Admin }
           let reachable = endpoints.Where(e => (e.Metadata.GetMetadata<ListenerMark>() ?? ListenerMark.Public).Listener.HasFlag(listener)).ToList()
           where reachable.Count > 0
           select new PolicyNodeEdge(listener, reachable),
    ];

    public PolicyJumpTable BuildJumpTable(int exitDestination, IReadOnlyList<PolicyJumpTableEdge> edges) => new JumpTable(
        Destination(edges, Listener.Public, exitDestination), Destination(edges, Listener.Admin, exitDestination));

    private static int Destination(IReadOnlyList<PolicyJumpTableEdge> edges, Listener listener, int exitDestination)
    {
        foreach (var edge in edges)
        {
            if (listener.Equals(edge.State)) return edge.Destination;
        }

        return exitDestination;
    }

    private sealed class JumpTable(int forPublic, int forAdmin) : PolicyJumpTable
    {
        public override int GetDestination(HttpContext httpContext) =>
            ListenerMark.Of(httpContext) == Listener.Admin ? forAdmin : forPublic;
    }
}
