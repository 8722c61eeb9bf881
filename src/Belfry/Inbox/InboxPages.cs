using Belfry.Mailboxes;
using Belfry.Mailboxes.Marks;

namespace Belfry.Inbox;

/// <summary>
/// Reads pages of an inbox: from the marks, which are few, it works out where what is asked for stands, and reads nothing else.
/// However large the mailbox is, a page costs what is on it. Only types have to be looked for: after so many rows the page ends
/// early, and the next one goes on behind them.
/// </summary>
internal sealed class InboxPages(IInboxStore store)
{
    private const int MaxBytes = 256 * 1024;
    private const int MarksAtOnce = 1000;
    private const int MaxLooks = 8;
    private const int FirstSearch = 500;
    private const int MaxSearch = 4000;

    public async Task<InboxPage> ReadAsync(string userId, MailboxHead head, InboxQuery query, CancellationToken ct)
    {
        var of = query.RangeOf(head);
        var down = query.NewestFirst;
        var items = new List<InboxItem>();
        var bytes = 0;
        var rest = of;
        var search = query.Types is null ? 0 : FirstSearch;
        for (var look = 0; look < MaxLooks && rest.Size > 0; look++)
        {
            var marks = await store.ReadMarksAsync(userId, rest, down, MarksAtOnce, ct);
            var (wanted, examined) = Select(marks, rest, query, budget: Math.Max(search, query.Limit - items.Count));
            var page = wanted.Count == 0 ? [] : await store.ReadRangesAsync(
                userId, wanted.ConvertAll(w => w.Range), down, query.Types, query.Limit - items.Count, MaxBytes - bytes, ct);
            foreach (var row in page)
            {
                items.Add(new InboxItem(row, wanted.Find(w => w.Range.First <= row.Seq && w.Range.Last >= row.Seq).State));
                bytes += row.Content.Size;
            }

            var isFull = items.Count >= query.Limit || bytes >= MaxBytes;
            rest = Behind(rest, isFull ? new SeqRange(items[^1].Row.Seq, items[^1].Row.Seq) : examined, down);
            if (isFull) break;
            search = Math.Min(search * 2, MaxSearch);
        }

        return down
            ? new InboxPage(items, Before: rest.Size > 0 ? rest.Last + 1 : null, After: of.Last < head.LastSeq ? Math.Max(of.Last, head.FloorSeq) : null)
            : new InboxPage([.. items.AsEnumerable().Reverse()], Before: of.First > head.FloorSeq + 1 ? Math.Min(of.First, head.LastSeq + 1) : null, After: rest.Size > 0 ? rest.First - 1 : null);
    }

    /// <summary>Where so many stand that are asked for, in the order of the reading, and what has been gone through for it.</summary>
    private static (List<(SeqRange Range, MarkState State)> Wanted, SeqRange Examined) Select(
        IReadOnlyList<MarkRange> marks, SeqRange of, InboxQuery query, long budget)
    {
        var down = query.NewestFirst;
        // With more marks than were read, what is behind the last of them is not known.
        var told = marks.Count < MarksAtOnce ? of
            : down ? of with { First = Math.Max(of.First, marks[^1].First) } : of with { Last = Math.Min(of.Last, marks[^1].Last) };

        var wanted = new List<(SeqRange, MarkState)>();
        foreach (var (piece, state) in Pieces(marks, told, down))
        {
            if (!query.Wants(state)) continue;
            if (piece.Size < budget)
            {
                wanted.Add((piece, state));
                budget -= piece.Size;
                continue;
            }

            var last = down ? piece with { First = piece.Last - budget + 1 } : piece with { Last = piece.First + budget - 1 };
            wanted.Add((last, state));
            return (wanted, down ? told with { First = last.First } : told with { Last = last.Last });
        }

        return (wanted, told);
    }

    /// <summary>All of a range, cut where the marks change, in the order of the reading.</summary>
    private static IEnumerable<(SeqRange Range, MarkState State)> Pieces(IReadOnlyList<MarkRange> marks, SeqRange of, bool down)
    {
        var at = down ? of.Last : of.First;
        foreach (var (first, last, state) in marks)
        {
            var piece = new SeqRange(Math.Max(first, of.First), Math.Min(last, of.Last));
            if (piece.Size <= 0) continue;
            var gap = down ? new SeqRange(piece.Last + 1, at) : new SeqRange(at, piece.First - 1);
            if (gap.Size > 0) yield return (gap, MarkState.None);
            yield return (piece, state);
            at = down ? piece.First - 1 : piece.Last + 1;
        }

        var end = down ? of with { Last = at } : of with { First = at };
        if (end.Size > 0) yield return (end, MarkState.None);
    }

    private static SeqRange Behind(SeqRange of, SeqRange done, bool down) => down ? of with { Last = done.First - 1 } : of with { First = done.Last + 1 };
}

/// <summary>A notification on a page.</summary>
internal readonly record struct InboxItem(StoredNotification Row, MarkState State);

/// <summary>A page, the newest first.</summary>
/// <param name="Before">Older ones stand before this seq; null: there are none.</param>
/// <param name="After">Newer ones stand after this seq; null: there were none.</param>
internal sealed record InboxPage(IReadOnlyList<InboxItem> Items, long? Before, long? After);
