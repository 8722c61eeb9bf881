namespace Belfry.Cluster;

/// <summary>An instance as its last sign of life told.</summary>
/// <param name="LeaseUntil">By the database's clock, UTC.</param>
/// <param name="Alive">Whether its lease had not run out when this was read.</param>
/// <param name="Draining">It is going away, and takes no new streams.</param>
/// <param name="Streams">Open streams.</param>
/// <param name="Duties">What it does for all.</param>
internal sealed record Member(
    Guid Id, string Name, string Version, DateTime StartedAt, DateTime LeaseUntil, bool Alive, bool Draining, int Streams, IReadOnlyList<string> Duties)
{
    /// <summary>As operators are told.</summary>
    public string State => (Alive, Draining) switch
    {
        (false, _) => "gone",
        (_, true) => "draining",
        _ => "serving",
    };
}
