using Belfry.Mailboxes;

namespace Belfry.Work.Topics;

/// <summary>Who is a member of which topic. Thread-safe; throws <see cref="StoreUnavailableException"/> like every store.</summary>
internal interface ITopicStore
{
    /// <summary>Answers how many were not members before.</summary>
    Task<int> AddMembersAsync(string topic, IReadOnlyList<string> userIds, CancellationToken ct);

    /// <summary>Answers how many were members.</summary>
    Task<int> RemoveMembersAsync(string topic, IReadOnlyList<string> userIds, CancellationToken ct);

    /// <summary>Members in the order of their ids' bytes.</summary>
    /// <param name="after">Those behind this id; null: from the first.</param>
    Task<IReadOnlyList<string>> ReadMembersAsync(string topic, string? after, int max, CancellationToken ct);
}
