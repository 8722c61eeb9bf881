using Belfry.Bench.Producers;
using CsCheck;

namespace Belfry.Tests.Bench.Producers;

public sealed class PaceTests
{
    private const long Second = 1_000_000;

    [Fact]
    public void What_is_due_follows_the_clock_alone()
    {
        var pace = new OpenLoop(startMicros: 5 * Second, perSecond: 100, TimeSpan.FromSeconds(2));

        Assert.Equal(200, pace.Total);
        Assert.Equal(0, pace.Due(5 * Second - 1, 0));
        Assert.Equal(1, pace.Due(5 * Second, 0));
        Assert.Equal(101, pace.Due(6 * Second, 0));
        Assert.Equal(200, pace.Due(60 * Second, 0));
    }

    [Fact]
    public void A_late_event_keeps_the_time_at_which_it_was_to_be_sent()
    {
        var pace = new OpenLoop(startMicros: 0, perSecond: 100, TimeSpan.FromSeconds(2));

        Assert.Equal(150 * Second / 100, pace.IntendedAt(150, now: 60 * Second));
    }

    [Fact]
    public void No_event_is_due_before_its_time_and_none_is_held_back() =>
        Gen.Select(Gen.Double[1, 50_000], Gen.Long[0, 10 * Second]).Sample((perSecond, now) =>
        {
            var pace = new OpenLoop(startMicros: 0, perSecond, TimeSpan.FromSeconds(10));
            var due = pace.Due(now, 0);
            return (due == 0 || pace.IntendedAt(due - 1, now) <= now) && (due >= pace.Total || pace.IntendedAt(due, now) >= now - 1);
        });

    [Fact]
    public void Several_producers_share_a_load_by_their_users()
    {
        var load = new RateLoad(StartMicros: 0, PerSecond: 1_200, TimeSpan.FromSeconds(10), Offered: null);

        var totals = Enumerable.Range(0, 3).Select(producer => load.PaceOf(users: producer + 1, allUsers: 6, producer, producers: 3).Total);

        Assert.Equal([2_000, 4_000, 6_000], totals);
    }

    [Fact]
    public void Saturation_holds_back_while_too_much_is_on_its_way()
    {
        var onTheWay = 0L;
        var pace = new Saturation(total: 700, () => onTheWay, limit: 10);

        Assert.Equal(500, pace.Due(0, sent: 0));
        Assert.Equal(700, pace.Due(0, sent: 500));
        onTheWay = 10;
        Assert.Equal(500, pace.Due(0, sent: 500));
    }
}
