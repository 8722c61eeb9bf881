using Belfry.Mailboxes;
using CsCheck;
using Xunit;

namespace Belfry.SystemTests.Mailboxes;

/// <summary>Any schedule of appends, duplicates, deliveries and restarts ends where a plain model of it ends.</summary>
public abstract partial class MailboxStoreContract
{
    private int _schedules;

    [Fact]
    public async Task Any_schedule_ends_where_the_model_says()
    {
        // Few users and ids, so that duplicates are frequent, in a batch and against the past.
        var append = Gen.Select(Gen.Int[0, 2], Gen.Int[0, 1], Gen.Int[0, 11]).List[0, 12].Select(items => (Step)new Step.Append(items));
        var deliver = Gen.Select(Gen.Int[0, 2], Gen.Int[0, 15]).Select((user, seq) => (Step)new Step.Deliver(user, seq));
        var open = Gen.Const((Step)new Step.Open());
        var schedules = Gen.Frequency((6, append), (3, deliver), (1, open)).List[1, 12];

        await schedules.SampleAsync(RunAsync, iter: 60, threads: 1, print: steps => string.Join("; ", steps));
    }

    private async Task RunAsync(List<Step> steps)
    {
        // Users of its own for each schedule, so that all can share a store.
        var schedule = _schedules++;
        var model = new Model(schedule);
        foreach (var step in steps)
        {
            switch (step)
            {
                case Step.Append(var items):
                    var batch = items.ConvertAll(i => Events.New(model.User(i.User), $"id-{i.Id}", source: $"source-{i.Source}"));
                    var expected = batch.ConvertAll(model.Append);
                    Assert.Equal(expected, (await AppendAsync(batch)).Select(a => (a.Seq, a.Duplicate)));
                    break;
                case Step.Deliver(var user, var seq):
                    model.Deliver(user, seq);
                    await Store.MoveDeliveredAsync([new Delivered(model.User(user), seq)], Cancelled);
                    break;
                case Step.Open:
                    await Store.OpenAsync(Cancelled);
                    break;
            }
        }

        for (var user = 0; user < 3; user++)
        {
            var name = model.User(user);
            var log = model.Log(name);
            var head = await Store.ReadHeadAsync(name, Cancelled);
            Assert.Equal(log.Count, head.LastSeq);
            Assert.Equal(0, head.FloorSeq);
            // Of a user without a mailbox, nothing is known.
            Assert.Equal(log.Count == 0 ? 0 : model.Delivered(user), head.DeliveredSeq);
            var stored = await ReadAllAsync(name, pageRows: 5);
            Assert.Equal(Seqs(1, log.Count), stored.Select(r => r.Seq));
            Assert.Equal(log, stored.Select(r => (r.Content.Source, r.Content.EventId)));
        }
    }

    private abstract record Step
    {
        internal sealed record Append(List<(int User, int Source, int Id)> Items) : Step
        {
            public override string ToString() => $"append [{string.Join(", ", Items)}]";
        }

        internal sealed record Deliver(int User, long Seq) : Step;

        internal sealed record Open : Step;
    }

    /// <summary>Lists in memory.</summary>
    private sealed class Model(int schedule)
    {
        private readonly Dictionary<string, List<(string Source, string Id)>> _logs = [];
        private readonly long[] _delivered = new long[3];

        public string User(int user) => $"schedule-{schedule}-user-{user}";

        public List<(string Source, string Id)> Log(string user) => _logs.GetValueOrDefault(user, []);

        public long Delivered(int user) => _delivered[user];

        public void Deliver(int user, long seq) => _delivered[user] = Math.Max(_delivered[user], seq);

        public (long Seq, bool Duplicate) Append(NewNotification item)
        {
            if (!_logs.TryGetValue(item.UserId, out var log)) log = _logs[item.UserId] = [];
            var first = log.IndexOf((item.Source, item.EventId));
            if (first >= 0) return (first + 1, true);
            log.Add((item.Source, item.EventId));
            return (log.Count, false);
        }
    }
}
