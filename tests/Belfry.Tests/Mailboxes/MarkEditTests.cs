using Belfry.Mailboxes.Marks;
using CsCheck;

namespace Belfry.Tests.Mailboxes;

/// <summary>What a change makes of a mailbox's ranges, against a plain list of marks.</summary>
public sealed class MarkEditTests
{
    private const int Size = 24;

    [Fact]
    public void Any_sequence_of_changes_leaves_the_marks_that_a_plain_list_has()
    {
        var seqs = Gen.Int[1, Size].Select(n => (long)n).List[0, 6].Select(list => SeqRange.Of(list));
        var upTo = Gen.Int[1, Size].Select(n => new List<SeqRange> { new(1, n) });
        var step = Gen.Select(Gen.Int[1, 5], Gen.OneOf(seqs, upTo), Gen.Frequency((8, Gen.Const(0)), (1, Gen.Int[0, 5])));

        step.List[1, 20].Sample(steps =>
        {
            var plain = new MarkState[Size + 1];
            var rows = new SortedDictionary<long, MarkRange>();
            var sums = default(MarkSums);
            var floor = 0L;
            foreach (var (kind, targets, rise) in steps)
            {
                floor = Math.Min(Size - 1, floor + rise);
                var above = targets.Where(t => t.Last > floor).Select(t => t with { First = Math.Max(t.First, floor + 1) }).ToList();
                var change = (InboxChangeKind)kind;
                var changed = 0L;
                for (var seq = 1; seq <= Size; seq++)
                {
                    if (seq <= floor) plain[seq] = MarkState.None;
                    var before = plain[seq];
                    if (above.Any(t => t.First <= seq && t.Last >= seq)) plain[seq] = before.After(change);
                    if (plain[seq] != before) changed++;
                }

                var edit = MarkEdit.Of([.. rows.Values], above, change, floor);
                foreach (var gone in edit.Gone) Assert.True(rows.Remove(gone.First));
                foreach (var come in edit.Come) rows.Add(come.First, come);
                sums += edit.Moved;

                Assert.Equal(changed, edit.Changed.Sum(r => r.Size));
                Assert.Equal(MarkSums.Of(rows.Values), sums);
                Assert.Equal(plain.Skip(1), Enumerable.Range(1, Size).Select(seq => rows.Values.FirstOrDefault(r => r.First <= seq && r.Last >= seq).State));
                AssertApart([.. rows.Values]);
            }
        });
    }

    [Theory]
    [InlineData(new long[] { }, "")]
    [InlineData(new long[] { 3, 1, 2, 2 }, "1-3")]
    [InlineData(new long[] { 9, 5, 1, 6 }, "1-1 5-6 9-9")]
    public void Seqs_become_as_few_ranges_as_there_can_be(long[] seqs, string ranges) =>
        Assert.Equal(ranges, string.Join(' ', SeqRange.Of(seqs).Select(r => $"{r.First}-{r.Last}")));

    /// <summary>In order, not overlapping, and neighbours have different marks.</summary>
    private static void AssertApart(List<MarkRange> ranges)
    {
        for (var i = 1; i < ranges.Count; i++)
        {
            Assert.True(ranges[i].First > ranges[i - 1].Last, "They overlap.");
            Assert.False(ranges[i].First == ranges[i - 1].Last + 1 && ranges[i].State == ranges[i - 1].State, "They could be one.");
        }
    }
}
