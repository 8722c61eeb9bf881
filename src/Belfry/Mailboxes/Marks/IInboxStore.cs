namespace Belfry.Mailboxes.Marks;

/// <summary>
/// What users have done with their notifications. Two implementations, held to the same promises by the same contract tests.
/// Thread-safe; throws <see cref="StoreUnavailableException"/> like every store.
/// </summary>
internal interface IInboxStore
{
    /// <summary>One change, in one transaction. To repeat it is harmless.</summary>
    Task<InboxAnswer> ChangeAsync(string userId, InboxRequest request, CancellationToken ct);

    /// <summary>
    /// Forgets a user: his notifications, what he has done with them, his memberships, and what waits to become a notification or a
    /// message for him. His mailbox keeps its name and begins another history. To repeat it is harmless.
    /// </summary>
    Task<Erasure> EraseAsync(string userId, CancellationToken ct);

    /// <summary>Marks notifications whose time is over, at most so many. Several instances may ask at once.</summary>
    Task<Expired> ExpireAsync(int max, CancellationToken ct);

    /// <summary>The last change of each of these mailboxes that has gone on since; with several in between that shows in its version.</summary>
    Task<IReadOnlyList<InboxChange>> ReadMissedAsync(IReadOnlyList<StateKnown> known, CancellationToken ct);

    /// <summary>The ranges of marks that have something of these seqs, at most so many, from the end where the reading begins.</summary>
    Task<IReadOnlyList<MarkRange>> ReadMarksAsync(string userId, SeqRange of, bool newestFirst, int max, CancellationToken ct);

    /// <summary>
    /// The notifications of these ranges, in the ranges' order, which is that of the reading: at most <paramref name="maxRows"/>, and
    /// no more once their payloads have reached <paramref name="maxBytes"/>.
    /// </summary>
    /// <param name="types">Only these types; null: all.</param>
    Task<IReadOnlyList<StoredNotification>> ReadRangesAsync(
        string userId, IReadOnlyList<SeqRange> ranges, bool newestFirst, TypeFilter? types, int maxRows, int maxBytes, CancellationToken ct);
}

/// <summary>What was done about notifications whose time is over.</summary>
/// <param name="Rows">How many there were.</param>
/// <param name="Changed">Whose inboxes are other than before: some had been read and deleted already.</param>
internal sealed record Expired(int Rows, IReadOnlyList<(string UserId, int Generation)> Changed);

/// <summary>Up to where somebody knows what a user has done.</summary>
internal readonly record struct StateKnown(string UserId, int Generation, long StateVersion);
