namespace Belfry.Contracts;

/// <summary>The instances that serve from one store, oldest first.</summary>
public sealed record InstanceList(IReadOnlyList<InstanceInfo> Instances);

/// <summary>One running server, as its last sign of life told. Times are UTC.</summary>
/// <param name="Name">What the operator calls it.</param>
/// <param name="Version">Which build it is.</param>
/// <param name="LeaseUntil">When it counts as gone, unless it gives another sign before.</param>
/// <param name="State"><c>serving</c>, <c>draining</c> (it is going away) or <c>gone</c> (its lease has run out).</param>
/// <param name="Streams">Open streams.</param>
/// <param name="Duties">What it does for all of them.</param>
public sealed record InstanceInfo(
    Guid Id, string Name, string Version, DateTime StartedAt, DateTime LeaseUntil, string State, int Streams, IReadOnlyList<string> Duties);

/// <summary>Where a user is connected, up to about a second ago.</summary>
public sealed record UserPresence(string UserId, bool Connected, IReadOnlyList<UserPlace> Instances);

/// <summary>An instance with streams of a user.</summary>
/// <param name="Since">When the first of them was opened, UTC; absent with SQLite.</param>
public sealed record UserPlace(Guid Id, string Name, DateTime? Since);
