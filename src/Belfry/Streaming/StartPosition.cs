using Belfry.Contracts;
using Belfry.Mailboxes;

namespace Belfry.Streaming;

/// <summary>Where a stream starts, and whether its client must be told that its own cursor could not be followed.</summary>
/// <param name="Seq">Everything up to this seq is behind the client.</param>
/// <param name="ResetReason">One of <see cref="ResetReasons"/>, or null.</param>
internal readonly record struct StartPosition(long Seq, string? ResetReason)
{
    public static StartPosition Of(StreamRequest request, MailboxHead head, string epoch)
    {
        if (request.HasUnreadableCursor) return new(head.FloorSeq, ResetReasons.Epoch);
        if (request.After is { } cursor)
        {
            // Another history: its seqs mean nothing here, so the client gets all that there is.
            if (cursor.Epoch != epoch) return new(head.FloorSeq, ResetReasons.Epoch);
            if (cursor.Seq > head.LastSeq) return new(head.LastSeq, ResetReasons.Ahead);
            if (cursor.Seq < head.FloorSeq) return new(head.FloorSeq, ResetReasons.Retention);
            return new(cursor.Seq, null);
        }

        return request.Since switch
        {
            StreamStart.Latest => new(head.LastSeq, null),
            StreamStart.Earliest => new(head.FloorSeq, null),
            _ => new(Math.Clamp(head.DeliveredSeq, head.FloorSeq, head.LastSeq), null),
        };
    }
}
