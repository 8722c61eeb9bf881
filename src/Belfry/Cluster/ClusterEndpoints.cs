using Belfry.Contracts;
using Belfry.Http;
using Belfry.Mailboxes;

namespace Belfry.Cluster;

/// <summary><c>GET /v1/admin/instances</c> and <c>GET /v1/admin/presence/{user}</c>: who serves, and who is served where.</summary>
internal sealed class ClusterEndpoints(Members members, Presence presence)
{
    private const int MaxName = 255;

    // Where the user stands in the path.
    private const int User = 3;

    public IResult GetInstances() => Results.Json(
        new InstanceList([.. members.All.Select(m => new InstanceInfo(m.Id, m.Name, m.Version, m.StartedAt, m.LeaseUntil, m.State, m.Streams, m.Duties))]),
        ContractsJson.Default.InstanceList);

    public async Task<IResult> GetPresenceAsync(HttpContext http)
    {
        var user = RawPath.PartsOf(http)[User];
        if (TextRules.FindFault(user, MaxName) is { } fault) return ProblemResponse.Of(Problems.InvalidField($"The user in the path {fault}."));

        var places = await presence.FindAsync(user, http.RequestAborted);
        return Results.Json(
            new UserPresence(user, places.Count > 0, [.. places.Select(p => new UserPlace(p.Instance, p.Name, p.Since))]),
            ContractsJson.Default.UserPresence);
    }
}
