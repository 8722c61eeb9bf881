namespace Belfry.Mailboxes.Marks;

/// <summary>
/// What a change makes of a mailbox's ranges, worked out in memory: which rows go, which come, by how much the sums move. The
/// one place where marks change, whatever store they are in.
/// </summary>
internal sealed class MarkEdit
{
    private readonly List<MarkRange> _after = [];
    private readonly List<SeqRange> _changed = [];
    private readonly InboxChangeKind _change;

    private MarkEdit(InboxChangeKind change) => _change = change;

    /// <summary>Rows that are to go.</summary>
    public IReadOnlyList<MarkRange> Gone { get; private set; } = [];

    /// <summary>Rows that are to come, after the others have gone.</summary>
    public IReadOnlyList<MarkRange> Come { get; private set; } = [];

    public MarkSums Moved { get; private set; }

    /// <summary>What now has other marks than before, in order.</summary>
    public IReadOnlyList<SeqRange> Changed => _changed;

    /// <param name="before">The mailbox's ranges, in order: at least all that overlap the targets or stand beside one.</param>
    /// <param name="targets">What is to be changed, in order, not overlapping.</param>
    /// <param name="floor">What stands up to here is gone, and is taken out.</param>
    public static MarkEdit Of(IReadOnlyList<MarkRange> before, IReadOnlyList<SeqRange> targets, InboxChangeKind change, long floor)
    {
        var edit = new MarkEdit(change);
        edit.Run(new Queue<MarkRange>(before.Where(r => r.Last > floor).Select(r => r with { First = Math.Max(r.First, floor + 1) })), targets);

        var after = edit._after.ToHashSet();
        var old = before.ToHashSet();
        edit.Gone = [.. before.Where(r => !after.Contains(r))];
        edit.Come = [.. edit._after.Where(r => !old.Contains(r))];
        edit.Moved = MarkSums.Of(edit.Come) - MarkSums.Of(edit.Gone);
        return edit;
    }

    /// <summary>What the ranges have up to the floor, which no head counts any more.</summary>
    public static MarkSums SumBelow(IEnumerable<MarkRange> ranges, long floor) =>
        MarkSums.Of(ranges.Where(r => r.First <= floor).Select(r => r with { Last = Math.Min(r.Last, floor) }));

    private void Run(Queue<MarkRange> rest, IReadOnlyList<SeqRange> targets)
    {
        var has = rest.TryDequeue(out var range);
        foreach (var (first, last) in targets)
        {
            while (has && range.Last < first)
            {
                Keep(range.First, range.Last, range.State);
                has = rest.TryDequeue(out range);
            }

            var at = first;
            while (at <= last)
            {
                if (!has || range.First > at)
                {
                    // Nothing stood here.
                    var end = has ? Math.Min(last, range.First - 1) : last;
                    Change(at, end, MarkState.None);
                    at = end + 1;
                    continue;
                }

                if (range.First < at) Keep(range.First, at - 1, range.State);
                var until = Math.Min(last, range.Last);
                Change(at, until, range.State);
                at = until + 1;
                if (until < range.Last) range = range with { First = at };
                else has = rest.TryDequeue(out range);
            }
        }

        while (has)
        {
            Keep(range.First, range.Last, range.State);
            has = rest.TryDequeue(out range);
        }
    }

    private void Change(long first, long last, MarkState state)
    {
        var after = state.After(_change);
        Keep(first, last, after);
        if (after == state) return;

        if (_changed.Count > 0 && _changed[^1].Last == first - 1) _changed[^1] = _changed[^1] with { Last = last };
        else _changed.Add(new SeqRange(first, last));
    }

    private void Keep(long first, long last, MarkState state)
    {
        if (state == MarkState.None) return;

        if (_after.Count > 0 && _after[^1] is var before && before.Last == first - 1 && before.State == state) _after[^1] = before with { Last = last };
        else _after.Add(new MarkRange(first, last, state));
    }
}
