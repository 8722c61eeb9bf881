using Belfry.Dashboard;
using Belfry.Mailboxes;
using Microsoft.Extensions.Time.Testing;

namespace Belfry.Tests.Dashboard;

/// <summary>How the store is asked: rarely, briefly, and more rarely still when it is slow.</summary>
public sealed class QuestionTests
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(10);

    private readonly FakeTimeProvider _time = new();
    private readonly Question<string> _question;
    private Func<CancellationToken, Task<string>> _ask = _ => Task.FromResult("fine");
    private int _asked;

    public QuestionTests()
    {
        _time.Advance(TimeSpan.FromSeconds(1));
        _question = new Question<string>(
            ct =>
            {
                _asked++;
                return _ask(ct);
            },
            Interval, TimeSpan.FromSeconds(2), _time);
    }

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Fact]
    public async Task It_is_asked_once_in_its_interval()
    {
        await _question.AskAsync(Cancelled);
        await _question.AskAsync(Cancelled);
        Assert.Equal(("fine", 1), (_question.Answer.Value, _asked));

        _time.Advance(Interval);
        await _question.AskAsync(Cancelled);

        Assert.Equal(2, _asked);
    }

    [Fact]
    public async Task A_slow_one_is_asked_twenty_times_more_rarely_than_it_takes()
    {
        _ask = _ =>
        {
            _time.Advance(TimeSpan.FromSeconds(1.5));
            return Task.FromResult("slow");
        };
        await _question.AskAsync(Cancelled);

        _time.Advance(TimeSpan.FromSeconds(29));
        await _question.AskAsync(Cancelled);
        Assert.Equal(1, _asked);

        _time.Advance(TimeSpan.FromSeconds(1));
        await _question.AskAsync(Cancelled);
        Assert.Equal(2, _asked);
    }

    [Fact]
    public async Task Without_an_answer_the_old_one_stays_with_its_age_and_the_reason()
    {
        await _question.AskAsync(Cancelled);
        var at = _question.Answer.At;
        _time.Advance(Interval);
        _ask = _ => throw new StoreUnavailableException("10.1.2.3 is gone", new TimeoutException());

        await _question.AskAsync(Cancelled);

        Assert.Equal((at, "fine", "the store did not answer"), (_question.Answer.At, _question.Answer.Value, _question.Answer.Problem));
    }

    [Fact]
    public async Task It_does_not_wait_longer_than_its_patience()
    {
        _ask = async ct =>
        {
            await Task.Delay(Timeout.InfiniteTimeSpan, _time, ct);
            return "never";
        };
        var asking = _question.AskAsync(Cancelled);
        Assert.False(asking.IsCompleted);

        _time.Advance(TimeSpan.FromSeconds(2));
        await asking.WaitAsync(TimeSpan.FromSeconds(10), Cancelled);

        Assert.Equal("no answer within 2 s", _question.Answer.Problem);
    }

    [Fact]
    public async Task After_an_obstacle_it_is_asked_at_once()
    {
        await _question.AskAsync(Cancelled);
        _question.Skip("the store is away");
        Assert.Equal(("the store is away", "fine"), (_question.Answer.Problem, _question.Answer.Value));

        await _question.AskAsync(Cancelled);

        Assert.Equal(2, _asked);
        Assert.Null(_question.Answer.Problem);
    }
}
