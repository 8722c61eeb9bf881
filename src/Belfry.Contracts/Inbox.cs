namespace Belfry.Contracts;

/// <summary>Answer of <c>GET /v1/inbox/counts</c>.</summary>
/// <param name="Unread">Not read.</param>
/// <param name="Unseen">Not seen.</param>
/// <param name="Total">Not archived, deleted or expired.</param>
/// <param name="StateVersion">Rises by one with each change of the mailbox's read state.</param>
public sealed record InboxCounts(long Unread, long Unseen, long Total, long StateVersion);

/// <summary>What <c>POST /v1/inbox/seen</c> and its like take: exactly one of the two.</summary>
/// <param name="Seqs">Which notifications.</param>
/// <param name="UpTo">A cursor: all up to there.</param>
public sealed record InboxMark(IReadOnlyList<long>? Seqs, string? UpTo);

/// <summary>What came of it.</summary>
/// <param name="Changed">How many notifications are now other than before.</param>
/// <param name="Unread">Not read.</param>
/// <param name="Unseen">Not seen.</param>
/// <param name="Total">Not archived, deleted or expired.</param>
/// <param name="StateVersion">As it is after the change; the same as before when nothing changed.</param>
public sealed record InboxMarked(long Changed, long Unread, long Unseen, long Total, long StateVersion);

/// <summary>What <c>DELETE /v1/users/{user}</c> has removed.</summary>
/// <param name="Notifications">From his mailbox.</param>
/// <param name="Tasks">Events and messages that waited for him.</param>
/// <param name="Topics">Memberships.</param>
/// <param name="DeadLetters">Dead letters that were about him.</param>
public sealed record UserErased(long Notifications, long Tasks, long Topics, long DeadLetters);
