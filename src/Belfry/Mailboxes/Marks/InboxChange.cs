using Belfry.Contracts;

namespace Belfry.Mailboxes.Marks;

/// <summary>What a user does with his notifications. Stored and sent as these numbers.</summary>
internal enum InboxChangeKind : byte
{
    /// <summary>Something: what it was stands in the database.</summary>
    Unknown = 0,

    /// <summary>Has had them on a screen.</summary>
    Seen = 1,

    /// <summary>Has read them.</summary>
    Read = 2,

    /// <summary>Wants to come back to them.</summary>
    Unread = 3,

    /// <summary>Puts them away.</summary>
    Archived = 4,

    /// <summary>Does not want them any more.</summary>
    Deleted = 5,

    /// <summary>Nobody's: the mailbox was erased, and has begun anew.</summary>
    Erased = 6,

    /// <summary>Nobody's: newer ones with the same key stand in their place.</summary>
    Collapsed = 7,

    /// <summary>Nobody's: their time is over.</summary>
    Expired = 8,

    /// <summary>The user's, beforehand: he does not want to be told of their type.</summary>
    Muted = 9,
}

/// <summary>A change that is asked for.</summary>
/// <param name="Seqs">Which notifications; null: see <paramref name="UpTo"/>. Those that there are not are passed over.</param>
/// <param name="UpTo">All up to this place.</param>
internal sealed record InboxRequest(InboxChangeKind Kind, IReadOnlyCollection<long>? Seqs, Cursor? UpTo);

/// <summary>A change that has been made, as everyone is told who shows the mailbox.</summary>
/// <param name="Generation">Of the mailbox.</param>
/// <param name="Seqs">What has changed; null: see <paramref name="UpTo"/>.</param>
/// <param name="UpTo">Everything up to this seq has, as far as it was not so before.</param>
/// <param name="StateVersion">Of the mailbox, after it.</param>
/// <param name="LastSeq">The mailbox's newest, when the counts were made.</param>
internal sealed record InboxChange(
    string UserId, int Generation, InboxChangeKind Kind, IReadOnlyList<long>? Seqs, long UpTo, long StateVersion, long LastSeq, Counts Counts);

/// <summary>What became of a request.</summary>
/// <param name="Head">The mailbox after it.</param>
/// <param name="Changed">How many notifications now have other marks than before.</param>
/// <param name="Change">What to tell; null when nothing changed.</param>
/// <param name="IsOtherEpoch">Nothing was done: the place up to which belongs to another history.</param>
internal sealed record InboxAnswer(MailboxHead Head, long Changed, InboxChange? Change, bool IsOtherEpoch = false);

/// <summary>Hears of every change of an inbox that was made on this instance, after its commit. Must neither block nor throw.</summary>
internal interface IInboxListener
{
    void Changed(InboxChange change);
}
