namespace Belfry.Cluster;

/// <summary>What a sign of life has found.</summary>
/// <param name="All">Every instance, oldest first, with the one that asked.</param>
/// <param name="Entered">Whether its users are still in the table of presence.</param>
/// <param name="HasUnlisted">Whether there are instances of a version that does not enter itself, as during the upgrade from it.</param>
/// <param name="MaxConnections">That the server takes of all programs together.</param>
internal sealed record Beat(IReadOnlyList<Member> All, bool Entered, bool HasUnlisted, int MaxConnections);
