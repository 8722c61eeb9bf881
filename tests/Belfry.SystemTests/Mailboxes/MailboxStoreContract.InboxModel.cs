using System.Globalization;
using Belfry.Contracts;
using Belfry.Mailboxes;
using Belfry.Mailboxes.Marks;
using Xunit;

namespace Belfry.SystemTests.Mailboxes;

/// <summary>Whatever users do, however it falls together with deliveries, retention and erasure: the counts are those of a full count.</summary>
public abstract partial class MailboxStoreContract
{
    private const int Rounds = 3;

    /// <summary>Steps in all. By hand as many as one likes, by BELFRY_MODEL_STEPS.</summary>
    private static int ModelSteps => int.TryParse(Environment.GetEnvironmentVariable("BELFRY_MODEL_STEPS"), NumberStyles.None, CultureInfo.InvariantCulture, out var steps) ? steps : 840;

    [Fact]
    public async Task Any_schedule_of_changes_leaves_the_counts_that_a_plain_list_has()
    {
        var users = Enumerable.Range(0, 4).Select(i => new InboxModel($"user-{i}", seed: 2026 + i)).ToList();
        for (var round = 0; round < Rounds; round++)
        {
            var later = await TimeAfterAsync(TimeSpan.FromHours(1));
            await Task.WhenAll(users.Select(user => Task.Run(() => RunAsync(user, steps: ModelSteps / Rounds / users.Count, later), Cancelled)));
            await AssertSumsHoldAsync();

            await PassTimeAsync(TimeSpan.FromHours(2));
            await ExpireAsync();
            foreach (var user in users)
            {
                user.Expire();
                Assert.Equal(user.Counts, await CountAsync(user.UserId));
            }

            await PassTimeAsync(Retention + TimeSpan.FromDays(10));
            foreach (var user in users.Skip(1)) await AppendAsync([.. user.Deliver(2, later)]);
            await Store.MaintainAsync(Retention, Cancelled);
            users[0].Retain(0);
            foreach (var user in users.Skip(1)) user.Retain(2);
            foreach (var user in users) Assert.Equal(user.Counts, await CountAsync(user.UserId));
            await AssertSumsHoldAsync();
        }
    }

    private async Task RunAsync(InboxModel user, int steps, DateTime later)
    {
        for (var step = 0; step < steps; step++)
        {
            var dice = user.Random.Next(20);
            if (dice < 6)
            {
                await AppendAsync([.. user.Deliver(user.Random.Next(1, 4), later)]);
                continue;
            }

            if (dice == 6)
            {
                var erasure = await Inbox.EraseAsync(user.UserId, Cancelled);
                Assert.Equal(user.Erase(), (erasure.Notifications, erasure.IsNewHistory));
                continue;
            }

            var kind = (InboxChangeKind)user.Random.Next(1, 6);
            var isUpTo = dice > 16;
            long[] seqs = isUpTo ? [user.Last / 2] : [.. Enumerable.Range(0, user.Random.Next(1, 5)).Select(_ => user.Random.NextInt64(0, user.Last + 3))];
            var changed = user.Change(kind, seqs, isUpTo);
            var (reallyChanged, counts) = isUpTo ? await ChangeUpToAsync(user.UserId, kind, seqs[0]) : await ChangeAsync(user.UserId, kind, seqs);
            Assert.Equal((changed, user.Counts), (reallyChanged, counts));
        }

        Assert.Equal(user.Counts, await CountAsync(user.UserId));
    }

    /// <summary>A mailbox as a plain list of marks.</summary>
    private sealed class InboxModel(string userId, int seed)
    {
        private readonly List<MarkState> _marks = [];
        private readonly HashSet<int> _expiring = [];
        private readonly Dictionary<string, int> _keys = [];
        private int _floor;

        public string UserId => userId;

        public Random Random { get; } = new(seed);

        public long Last => _marks.Count;

        public Counts Counts
        {
            get
            {
                var kept = _marks.Skip(_floor).Where(m => !m.IsHidden()).ToList();
                return new Counts(kept.Count(m => !m.HasFlag(MarkState.Read)), kept.Count(m => !m.HasFlag(MarkState.Seen)), kept.Count);
            }
        }

        /// <summary>Some with a key, some that end.</summary>
        public List<NewNotification> Deliver(int count, DateTime later)
        {
            var items = new List<NewNotification>();
            for (var i = 0; i < count; i++)
            {
                var key = Random.Next(3) == 0 ? $"key-{Random.Next(3)}" : null;
                var ends = Random.Next(4) == 0;
                items.Add(Events.New(userId, collapseKey: key, expiresAt: ends ? later : null));
                if (ends) _expiring.Add(_marks.Count);
                _marks.Add(MarkState.None);
                if (key is null) continue;
                if (_keys.TryGetValue(key, out var old) && old >= _floor) _marks[old] = _marks[old].After(InboxChangeKind.Collapsed);
                _keys[key] = _marks.Count - 1;
            }

            return items;
        }

        public void Expire()
        {
            foreach (var place in _expiring.Where(place => place >= _floor)) _marks[place] = _marks[place].After(InboxChangeKind.Expired);
            _expiring.Clear();
        }

        public long Change(InboxChangeKind kind, long[] seqs, bool isUpTo)
        {
            var changed = 0;
            for (var seq = _floor + 1; seq <= _marks.Count; seq++)
            {
                if (isUpTo ? seq > seqs[0] : !seqs.Contains(seq)) continue;
                var after = _marks[seq - 1].After(kind);
                if (after != _marks[seq - 1]) changed++;
                _marks[seq - 1] = after;
            }

            return changed;
        }

        public void Retain(int keep) => _floor = Math.Max(_floor, _marks.Count - keep);

        public (long Notifications, bool IsNewHistory) Erase()
        {
            var erased = ((long)_marks.Count - _floor, _marks.Count > 0);
            _marks.Clear();
            _expiring.Clear();
            _keys.Clear();
            _floor = 0;
            return erased;
        }
    }
}
