namespace Belfry.Servers;

/// <summary>A gate that many may wait at. Safe for use by several threads.</summary>
internal sealed class AsyncGate
{
    private static readonly TaskCompletionSource Opened = MakeOpened();

    private volatile TaskCompletionSource _gate = Opened;

    public void Close()
    {
        if (_gate.Task.IsCompleted) _gate = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
    }

    public void Open()
    {
        var closed = _gate;
        _gate = Opened;
        closed.TrySetResult();
    }

    /// <summary>Returns at once while the gate is open.</summary>
    public Task PassAsync(CancellationToken ct) => _gate.Task.WaitAsync(ct);

    private static TaskCompletionSource MakeOpened()
    {
        var opened = new TaskCompletionSource();
        opened.SetResult();
        return opened;
    }
}
