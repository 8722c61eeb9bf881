using System.Threading.Tasks.Sources;

namespace Belfry.Streaming;

/// <summary>
/// Wakes one waiter; what is set before the wait is not lost. A connection waits here nearly all of its life, so waiting
/// allocates nothing.
/// </summary>
internal sealed class AsyncSignal : IValueTaskSource
{
    private const int Idle = 0;
    private const int WaitingState = 1;
    private const int SetState = 2;

    private ManualResetValueTaskSourceCore<bool> _source = new() { RunContinuationsAsynchronously = true };
    private int _state;

    /// <summary>Any thread, any number of times.</summary>
    public void Set()
    {
        if (Interlocked.Exchange(ref _state, SetState) == WaitingState) _source.SetResult(true);
    }

    /// <summary>One waiter at a time.</summary>
    public ValueTask WaitAsync()
    {
        _source.Reset();
        return Interlocked.CompareExchange(ref _state, WaitingState, Idle) == Idle
            ? new ValueTask(this, _source.Version)
            : Consume();
    }

    void IValueTaskSource.GetResult(short token)
    {
        _source.GetResult(token);
        Volatile.Write(ref _state, Idle);
    }

    ValueTaskSourceStatus IValueTaskSource.GetStatus(short token) => _source.GetStatus(token);

    void IValueTaskSource.OnCompleted(Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
        _source.OnCompleted(continuation, state, token, flags);

    private ValueTask Consume()
    {
        Volatile.Write(ref _state, Idle);
        return ValueTask.CompletedTask;
    }
}
