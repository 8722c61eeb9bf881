namespace Belfry.Contracts;

/// <summary>What <c>POST /v1/topics/{topic}/members</c> takes.</summary>
/// <param name="Add">Users who are to be members; those who are stay.</param>
/// <param name="Remove">Users who are not to be members any more.</param>
public sealed record TopicChange(IReadOnlyList<string>? Add, IReadOnlyList<string>? Remove);

/// <summary>What came of it.</summary>
/// <param name="Added">How many were not members before.</param>
/// <param name="Removed">How many were.</param>
public sealed record TopicChanged(int Added, int Removed);

/// <summary>A page of a topic's members, in the order of their ids' bytes.</summary>
/// <param name="Next">What <c>?after=</c> is for the next page; absent on the last one.</param>
public sealed record TopicMembers(IReadOnlyList<string> Members, string? Next);
