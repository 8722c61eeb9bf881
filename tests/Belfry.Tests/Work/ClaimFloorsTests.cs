using Belfry.Contracts;
using Belfry.Work;
using Microsoft.Extensions.Time.Testing;

namespace Belfry.Tests.Work;

public sealed class ClaimFloorsTests
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(10);
    private static readonly DateTime Noon = new(2026, 1, 1, 12, 0, 0, DateTimeKind.Utc);

    private readonly FakeTimeProvider _time = new();
    private readonly ClaimFloors _floors;

    public ClaimFloorsTests() => _floors = new ClaimFloors([Priority.High, Priority.Medium, Priority.Low], Interval, _time);

    [Fact]
    public void The_first_claim_begins_at_the_beginning() => Assert.Equal(DateTime.MinValue, Floor(_floors.Next()));

    [Fact]
    public void The_next_begins_a_margin_before_the_newest_that_was_claimed()
    {
        Claim(Noon, Noon.AddSeconds(-30));

        Assert.Equal(Noon.AddSeconds(-2), Floor(_floors.Next()));
        Assert.Equal(DateTime.MinValue, _floors.Next().Floors[Priority.High]);
    }

    [Fact]
    public void Older_finds_do_not_lower_it_but_in_a_claim_from_the_beginning()
    {
        Claim(Noon);
        Claim(Noon.AddMinutes(-5));
        Assert.Equal(Noon.AddSeconds(-2), Floor(_floors.Next()));

        _time.Advance(Interval);
        Claim(Noon.AddMinutes(-5));

        Assert.Equal(Noon.AddMinutes(-5).AddSeconds(-2), Floor(_floors.Next()));
    }

    [Fact]
    public void A_claim_from_the_beginning_that_takes_long_comes_more_rarely()
    {
        var look = _floors.Next();
        _time.Advance(TimeSpan.FromSeconds(2));
        _floors.Learn(look, []);

        _time.Advance(TimeSpan.FromSeconds(37));
        Assert.Null(_floors.Next().SweepBegan);
        _time.Advance(TimeSpan.FromSeconds(1));
        Assert.NotNull(_floors.Next().SweepBegan);
    }

    private static DateTime Floor(ClaimLook look) => look.Floors[Priority.Medium];

    private void Claim(params DateTime[] runAts) => _floors.Learn(_floors.Next(), [.. runAts.Select(runAt =>
        new ClaimedTask(1, "k", 1, Priority.Medium, runAt, runAt, Attempts: 0, MaxAttempts: 3, Progress: null, Body: []))]);
}
