using Belfry.Contracts;
using Belfry.Mailboxes.Marks;

namespace Belfry.Mailboxes;

/// <summary>Where a mailbox stands. One that nobody has written to is all zeros.</summary>
/// <param name="Generation">Rises when the mailbox is erased; part of its epoch.</param>
/// <param name="FloorSeq">Everything up to this seq is gone.</param>
/// <param name="LastSeq">The newest seq.</param>
/// <param name="DeliveredSeq">Everything up to this seq has been delivered.</param>
/// <param name="StateVersion">Rises by one with each change of the read state.</param>
internal readonly record struct MailboxHead(int Generation, long FloorSeq, long LastSeq, long DeliveredSeq, long StateVersion)
{
    /// <summary>Of what is above the floor.</summary>
    public MarkSums Marks { get; init; }

    public Counts Counts
    {
        get
        {
            var kept = LastSeq - FloorSeq;
            return new Counts(Unread: kept - Marks.Read, Unseen: kept - Marks.Seen, Total: kept - Marks.Hidden);
        }
    }
}

/// <summary>A notification as it stands in the log.</summary>
/// <param name="Hidden">Deleted, expired or collapsed: it keeps its place, and nobody is shown it.</param>
internal sealed record StoredNotification(NewNotification Content, long Seq, DateTime ReceivedAt, bool Hidden = false);

/// <summary>A place in a user's mailbox: everything up to its seq.</summary>
internal readonly record struct MailboxPlace(string UserId, long Seq);

/// <summary>What stands behind several places.</summary>
/// <param name="Rows">Of one user in the order of their seqs, with the generation of his mailbox.</param>
/// <param name="IsComplete">False: it ended because it had become too large, and more may stand behind any of the places.</param>
internal sealed record NewPage(IReadOnlyList<(StoredNotification Row, int Generation)> Rows, bool IsComplete);

/// <summary>How far a user's notifications have been delivered.</summary>
internal readonly record struct Delivered(string UserId, long Seq);

/// <summary>Rows of a mailbox by their status, for reports and the dashboard.</summary>
internal sealed record StatusCount(string Status, long Count);

/// <summary>A dead letter as it is kept.</summary>
internal sealed record StoredDeadLetter(NewDeadLetter Letter, DateTime ReceivedAt, bool Relayed);
