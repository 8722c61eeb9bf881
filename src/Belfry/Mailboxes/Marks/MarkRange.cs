namespace Belfry.Mailboxes.Marks;

/// <summary>Consecutive seqs of a mailbox, both ends included.</summary>
internal readonly record struct SeqRange(long First, long Last)
{
    public long Size => Last - First + 1;

    /// <summary>The ranges that these seqs make, in order; a seq may stand there more than once.</summary>
    public static List<SeqRange> Of(IEnumerable<long> seqs)
    {
        var ranges = new List<SeqRange>();
        foreach (var seq in seqs.Order())
        {
            if (ranges.Count > 0 && seq <= ranges[^1].Last + 1) ranges[^1] = ranges[^1] with { Last = seq };
            else ranges.Add(new SeqRange(seq, seq));
        }

        return ranges;
    }
}

/// <summary>Consecutive notifications with the same marks.</summary>
internal readonly record struct MarkRange(long First, long Last, MarkState State);

/// <summary>How many notifications have marks, by what those mean.</summary>
/// <param name="Seen">With any: not unseen.</param>
/// <param name="Read">Read or hidden: not unread.</param>
/// <param name="Hidden">Not in the total.</param>
/// <param name="Gone">Of these the ones that are in no page and on no stream.</param>
internal readonly record struct MarkSums(long Seen, long Read, long Hidden, long Gone)
{
    public static MarkSums Of(IEnumerable<MarkRange> ranges)
    {
        var sums = default(MarkSums);
        foreach (var (first, last, state) in ranges)
        {
            var size = last - first + 1;
            sums += new MarkSums(
                Seen: size,
                Read: state >= MarkState.Read ? size : 0,
                Hidden: state.IsHidden() ? size : 0,
                Gone: state.IsGone() ? size : 0);
        }

        return sums;
    }

    public static MarkSums operator +(MarkSums a, MarkSums b) => new(a.Seen + b.Seen, a.Read + b.Read, a.Hidden + b.Hidden, a.Gone + b.Gone);

    public static MarkSums operator -(MarkSums a, MarkSums b) => new(a.Seen - b.Seen, a.Read - b.Read, a.Hidden - b.Hidden, a.Gone - b.Gone);
}
