using Belfry.Contracts;
using Belfry.Mailboxes;
using Belfry.Mailboxes.Marks;

namespace Belfry.Tests.Mailboxes;

/// <summary>A hundred thousand steps of several users: at each of them the counts are those of a full count.</summary>
public sealed class InboxEditTests
{
    private const int Steps = 100_000;
    private const int MaxMailbox = 80;

    [Fact]
    public void Counts_never_differ_from_a_full_count()
    {
        var random = new Random(20_261_122);
        var mailboxes = Enumerable.Range(0, 5).Select(i => new Mailbox($"user-{i}")).ToList();
        for (var step = 0; step < Steps; step++)
        {
            var mailbox = mailboxes[random.Next(mailboxes.Count)];
            switch (random.Next(12))
            {
                case 0 or 1 or 2:
                    mailbox.Deliver(random.Next(1, 5));
                    break;
                case 3:
                    mailbox.RaiseFloor(random.Next(0, 4), trims: random.Next(2) == 0);
                    break;
                case 4 when random.Next(40) == 0:
                    mailbox.Erase();
                    break;
                case < 8:
                    mailbox.Change(new InboxRequest((InboxChangeKind)random.Next(1, 6), null, new Cursor("e1", random.NextInt64(0, mailbox.Last + 3))));
                    break;
                default:
                    var seqs = Enumerable.Range(0, random.Next(0, 6)).Select(_ => random.NextInt64(-1, mailbox.Last + 3)).ToList();
                    mailbox.Change(new InboxRequest((InboxChangeKind)random.Next(1, 6), seqs, null));
                    break;
            }

            Assert.Equal(mailbox.FullCount, mailbox.Head.Counts);
        }
    }

    /// <summary>What a store does with an edit, and beside it a plain list of marks.</summary>
    private sealed class Mailbox(string userId)
    {
        private readonly List<MarkState> _marks = [];
        private SortedDictionary<long, MarkRange> _rows = [];
        private MarkSums _sums;
        private long _floor;
        private long _version;

        public long Last => _marks.Count;

        public MailboxHead Head => new(0, _floor, Last, 0, _version) { Marks = _sums - MarkEdit.SumBelow(_rows.Values, _floor) };

        public Counts FullCount
        {
            get
            {
                var kept = _marks.Skip((int)_floor).Where(m => !m.IsHidden()).ToList();
                return new Counts(kept.Count(m => !m.HasFlag(MarkState.Read)), kept.Count(m => !m.HasFlag(MarkState.Seen)), kept.Count);
            }
        }

        public void Deliver(int count)
        {
            for (var i = 0; i < count; i++) _marks.Add(MarkState.None);
            if (Last - _floor > MaxMailbox) RaiseFloor(MaxMailbox / 2, trims: true);
            if (Last > 40 * MaxMailbox) Erase();
        }

        public void RaiseFloor(long by, bool trims)
        {
            _floor = Math.Min(Last, _floor + by);
            if (!trims) return;

            _sums -= MarkEdit.SumBelow(_rows.Values, _floor);
            _rows = new SortedDictionary<long, MarkRange>(_rows.Values.Where(r => r.Last > _floor)
                .Select(r => r with { First = Math.Max(r.First, _floor + 1) }).ToDictionary(r => r.First));
        }

        public void Erase()
        {
            _marks.Clear();
            _rows.Clear();
            (_sums, _floor, _version) = (default, 0, 0);
        }

        public void Change(InboxRequest request)
        {
            var changed = 0;
            for (var seq = _floor + 1; seq <= Last; seq++)
            {
                if (request.Seqs is { } seqs ? !seqs.Contains(seq) : seq > request.UpTo!.Value.Seq) continue;
                var state = _marks[(int)seq - 1];
                _marks[(int)seq - 1] = state.After(request.Kind);
                if (_marks[(int)seq - 1] != state) changed++;
            }

            var head = Head;
            var window = InboxEdit.WindowOf(request) ?? new SeqRange(0, -1);
            var before = _rows.Values.Where(r => r.First <= window.Last && r.Last >= window.First).ToList();
            var edit = InboxEdit.Plan(request, head, before);
            Assert.Equal(changed, edit.Changed.Sum(r => r.Size));
            if (changed == 0) return;

            var answer = InboxEdit.Answer(userId, request, head, edit, MarkEdit.SumBelow(before, head.FloorSeq));
            foreach (var gone in edit.Gone) Assert.True(_rows.Remove(gone.First));
            foreach (var come in edit.Come) _rows.Add(come.First, come);
            _sums += edit.Moved;
            _version++;
            Assert.Equal((Head, FullCount), (answer.Head, answer.Change!.Counts));
        }
    }
}
