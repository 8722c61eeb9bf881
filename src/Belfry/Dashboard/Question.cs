using Belfry.Mailboxes;

namespace Belfry.Dashboard;

/// <summary>
/// Something that is asked of the store again and again. Never more than one at a time, never for longer than its patience,
/// and one that takes long is asked more rarely, so that watching costs the store 5 % of one connection at most.
/// </summary>
internal sealed class Question<T>(Func<CancellationToken, Task<T>> ask, TimeSpan interval, TimeSpan patience, TimeProvider time)
    where T : class
{
    private const int Rest = 20;

    private long _due;
    private volatile Answer<T> _answer = Answer<T>.None;

    public Answer<T> Answer => _answer;

    /// <summary>Asks when it is time to; never throws for the store's sake.</summary>
    public async Task AskAsync(CancellationToken ct)
    {
        var started = time.GetTimestamp();
        if (_due != 0 && started < _due) return;

        using var timeout = new CancellationTokenSource(patience, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(timeout.Token, ct);
        try
        {
            var value = await ask(either.Token);
            _answer = new Answer<T>(time.GetUtcNow().ToUnixTimeMilliseconds(), time.GetElapsedTime(started).TotalMilliseconds, null, value);
        }
        catch (StoreUnavailableException)
        {
            _answer = _answer with { Problem = "the store did not answer" };
        }
        catch (OperationCanceledException) when (!ct.IsCancellationRequested)
        {
            _answer = _answer with { Problem = $"no answer within {patience.TotalSeconds:0} s" };
        }

        var took = time.GetElapsedTime(started);
        var wait = took * Rest > interval ? took * Rest : interval;
        _due = time.GetTimestamp() + (long)(wait.TotalSeconds * time.TimestampFrequency);
    }

    /// <summary>The store is away: what it said before stays, with its age.</summary>
    public void Skip(string problem)
    {
        _answer = _answer with { Problem = problem };
        _due = 0;
    }
}
