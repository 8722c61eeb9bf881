using System.Buffers;
using Belfry.Bench;
using Belfry.Bench.Producers;
using Belfry.Bench.Scenarios.Chaos;

namespace Belfry.Tests.Bench.Chaos;

public sealed class ChaosFeedTests
{
    private const int Events = 10_000;
    private const long AllDue = 3_600_000_000;

    private readonly ChaosLedger _ledger = new(users: 5);
    private readonly Repeats[] _ways = [new(), new()];

    [Fact]
    public void A_twentieth_is_sent_twice_as_it_was_and_half_of_that_the_other_way()
    {
        var first = Take(Feed(way: 0), now: AllDue);
        var (own, other) = (Take(Feed(way: 0, events: 0), now: 2 * AllDue), Take(Feed(way: 1, events: 0), now: 2 * AllDue));

        // The own way has brought some already, among the others.
        var again = first.GroupBy(pair => (pair.Sent.User, pair.Sent.Number)).Where(group => group.Count() > 1).ToList();
        Assert.InRange(again.Count + own.Count + other.Count, Events / 20 * 0.8, Events / 20 * 1.2);
        Assert.InRange(other.Count, Events / 40 * 0.7, Events / 40 * 1.3);
        Assert.Equal(again.Count + own.Count + other.Count, _ledger.SentTwice);
        var texts = first.ToLookup(pair => (pair.Sent.User, pair.Sent.Number), pair => pair.Text);
        Assert.All(own.Concat(other), pair => Assert.Equal(texts[(pair.Sent.User, pair.Sent.Number)].First(), pair.Text));
    }

    [Fact]
    public void Numbers_of_a_user_have_no_gap()
    {
        var sent = Take(Feed(way: 0), now: AllDue);

        foreach (var user in sent.GroupBy(pair => pair.Sent.User, pair => pair.Sent.Number))
        {
            Assert.Equal(Enumerable.Range(1, user.Max()), user.Distinct().Order());
        }

        Assert.Equal(Events, _ledger.Published);
    }

    [Fact]
    public void What_is_not_due_is_not_sent() => Assert.Empty(Take(Feed(way: 0), now: -1));

    private ChaosFeed Feed(int way, int events = Events) => new(
        _ledger, new EventWriter(new UserSet(run: 1, count: 5), EventWriter.MinPayloadBytes), new OpenLoop(0, events + 1, TimeSpan.FromSeconds((double)events / (events + 1))), _ways, _ways[way], users: 5, seed: 1);

    /// <summary>Until nothing is due for a while: what is to be sent twice stands in no order.</summary>
    private static List<(Sent Sent, string Text)> Take(ChaosFeed feed, long now)
    {
        var all = new List<(Sent, string)>();
        var buffer = new ArrayBufferWriter<byte>();
        for (var idle = 0; idle < Events; idle++)
        {
            buffer.ResetWrittenCount();
            if (!feed.TryNext(buffer, now, out var sent)) continue;
            all.Add((sent, System.Text.Encoding.UTF8.GetString(buffer.WrittenSpan)));
            idle = 0;
        }

        return all;
    }
}
