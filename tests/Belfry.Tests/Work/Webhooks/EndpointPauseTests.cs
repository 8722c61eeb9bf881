using Belfry.Work.Webhooks;
using Microsoft.Extensions.Time.Testing;

namespace Belfry.Tests.Work.Webhooks;

/// <summary>When an endpoint is left alone, and for how long.</summary>
public sealed class EndpointPauseTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    private readonly FakeTimeProvider _time = new();
    private readonly EndpointPause _pause;

    public EndpointPauseTests() => _pause = new EndpointPause(Patience, _time);

    [Fact]
    public void An_endpoint_that_is_well_is_given_all_that_is_wanted()
    {
        FailTimes(4);
        _pause.Succeeded();
        FailTimes(4);

        Assert.False(_pause.IsPaused);
        Assert.Equal(7, _pause.Admit(7));
    }

    [Fact]
    public void After_five_failures_in_a_row_nothing_is_begun_and_then_one_is_tried()
    {
        FailTimes(4);
        var pause = _pause.Failed();

        Assert.InRange(pause!.Value, TimeSpan.FromSeconds(8), TimeSpan.FromSeconds(10));
        Assert.True(_pause.IsPaused);
        Assert.Equal(0, _pause.Admit(7));
        _time.Advance(pause.Value);
        Assert.Equal(1, _pause.Admit(7));
        Assert.Equal(0, _pause.Admit(7));

        Assert.True(_pause.Succeeded());
        Assert.Equal(7, _pause.Admit(7));
    }

    [Fact]
    public void Each_pause_is_twice_as_long_up_to_a_quarter_of_an_hour()
    {
        FailTimes(4);
        var pauses = new List<TimeSpan>();
        for (var i = 0; i < 10; i++)
        {
            pauses.Add(_pause.Failed()!.Value);
            _time.Advance(pauses[^1]);
            Assert.Equal(1, _pause.Admit(7));
        }

        double[] ceilings = [10, 20, 40, 80, 160, 320, 640, 900, 900, 900];
        Assert.All(pauses.Zip(ceilings), p => Assert.InRange(p.First.TotalSeconds, p.Second * 0.8, p.Second));
    }

    [Fact]
    public void What_was_begun_before_the_pause_does_not_lengthen_it()
    {
        FailTimes(4);
        var pause = _pause.Failed()!.Value;

        for (var i = 0; i < 3; i++) Assert.Null(_pause.Failed());
        _time.Advance(pause);

        Assert.Equal(1, _pause.Admit(7));
    }

    [Fact]
    public void A_try_that_gets_lost_is_made_again()
    {
        FailTimes(4);
        _time.Advance(_pause.Failed()!.Value);
        Assert.Equal(1, _pause.Admit(7));

        _time.Advance(Patience);

        Assert.Equal(1, _pause.Admit(7));
    }

    [Fact]
    public void A_message_that_need_not_be_sent_any_more_is_no_try()
    {
        FailTimes(4);
        _time.Advance(_pause.Failed()!.Value);
        Assert.Equal(1, _pause.Admit(7));

        Assert.True(_pause.Skipped());

        Assert.True(_pause.IsPaused);
        Assert.Equal(1, _pause.Admit(7));
    }

    [Fact]
    public void What_an_endpoint_asks_for_is_given_to_it_within_bounds()
    {
        Assert.Equal(TimeSpan.FromSeconds(42), _pause.Failed(TimeSpan.FromSeconds(42)));
        _time.Advance(TimeSpan.FromSeconds(42));
        Assert.Equal(EndpointPause.Longest, _pause.Failed(TimeSpan.FromDays(1)));
    }

    [Fact]
    public void An_endpoint_that_is_gone_is_left_alone_at_once_for_the_longest_time() =>
        Assert.Equal(EndpointPause.Longest, _pause.Failed(atOnce: true));

    private void FailTimes(int failures)
    {
        for (var i = 0; i < failures; i++) Assert.Null(_pause.Failed());
    }
}
