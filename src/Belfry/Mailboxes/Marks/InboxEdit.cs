namespace Belfry.Mailboxes.Marks;

/// <summary>A request on its way through a transaction: which ranges it has to see, and what it makes of them.</summary>
internal static class InboxEdit
{
    /// <summary>The seqs whose ranges it has to see: its own and their neighbours. Null: it can change nothing.</summary>
    public static SeqRange? WindowOf(InboxRequest request) => request switch
    {
        { UpTo: { } place } => new SeqRange(0, Clamp(place.Seq) + 1),
        { Seqs: { Count: > 0 } seqs } => new SeqRange(Math.Max(1, Clamp(seqs.Min())) - 1, Clamp(seqs.Max()) + 1),
        _ => null,
    };

    /// <summary>Whether the request names a place in another history than this one.</summary>
    public static bool IsOfOtherEpoch(InboxRequest request, string storeEpoch, MailboxHead head) =>
        request.UpTo is { } place && place.Epoch != MailboxEpoch.Of(storeEpoch, head.Generation);

    /// <param name="head">The mailbox, read when nobody else could change its marks any more.</param>
    /// <param name="before">The ranges in the window.</param>
    public static MarkEdit Plan(InboxRequest request, MailboxHead head, IReadOnlyList<MarkRange> before)
    {
        List<SeqRange> targets = request switch
        {
            { Seqs: { } seqs } => SeqRange.Of(seqs.Where(seq => seq > head.FloorSeq && seq <= head.LastSeq)),
            { UpTo: { } place } when Math.Min(place.Seq, head.LastSeq) is var end && end > head.FloorSeq => [new SeqRange(head.FloorSeq + 1, end)],
            _ => [],
        };

        // Ranges that reach below the floor but are not in the window stay as they are, and count for nothing.
        return MarkEdit.Of(before, targets, request.Kind, head.FloorSeq);
    }

    /// <summary>The answer once the edit is stored.</summary>
    /// <param name="before">The mailbox before it.</param>
    /// <param name="dead">What the edit has taken out below the floor, which the head did not count any more.</param>
    public static InboxAnswer Answer(string userId, InboxRequest request, MailboxHead before, MarkEdit edit, MarkSums dead)
    {
        var head = before with { StateVersion = before.StateVersion + 1, Marks = before.Marks + edit.Moved + dead };
        var seqs = request.Seqs is null ? null : edit.Changed.SelectMany(SeqsOf).ToList();
        var upTo = Math.Min(request.UpTo?.Seq ?? 0, head.LastSeq);
        var change = new InboxChange(userId, head.Generation, request.Kind, seqs, upTo, head.StateVersion, head.LastSeq, head.Counts);
        return new InboxAnswer(head, edit.Changed.Sum(range => range.Size), change);
    }

    public static InboxAnswer Nothing(MailboxHead head) => new(head, Changed: 0, Change: null);

    /// <summary>What to tell of a mailbox whose state has gone on from what is known of it.</summary>
    /// <param name="generation">The known one.</param>
    /// <param name="lastChange">As <see cref="InboxChangeBytes"/> has it; null: none since the mailbox began anew.</param>
    public static InboxChange Missed(string userId, int generation, MailboxHead head, byte[]? lastChange)
    {
        var change = lastChange is not null && head.Generation == generation && InboxChangeBytes.TryRead(lastChange, out var last)
            ? last
            : new InboxChange(userId, head.Generation, InboxChangeKind.Erased, null, 0, 0, 0, head.Counts);
        return change with { Generation = head.Generation, StateVersion = head.StateVersion, LastSeq = head.LastSeq, Counts = head.Counts };
    }

    private static IEnumerable<long> SeqsOf(SeqRange range)
    {
        for (var seq = range.First; seq <= range.Last; seq++) yield return seq;
    }

    private static long Clamp(long seq) => Math.Clamp(seq, 0, long.MaxValue - 1);
}
