namespace Belfry.Servers;

/// <summary>
/// A fault that waits for its moment: the first connection whose client sends the request is cut, either before the request
/// goes on, or when the server has worked on it and answered. Safe for use by several threads.
/// </summary>
internal sealed class ArmedFault(ReadOnlyMemory<byte> request, ReadOnlyMemory<byte>? answer)
{
    private readonly TaskCompletionSource _happened = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int _taken;

    /// <summary>Ends when the connection has been cut.</summary>
    public Task Happened => _happened.Task;

    /// <summary>True when the request must not reach the server.</summary>
    public bool LosesRequest => answer is null;

    public BytePattern WatchForRequest() => new(request);

    public BytePattern WatchForAnswer() => new(answer.GetValueOrDefault());

    /// <summary>True for one connection only.</summary>
    public bool TryTake() => Interlocked.Exchange(ref _taken, 1) == 0;

    public void Complete() => _happened.TrySetResult();

    public void Fail(string reason) => _happened.TrySetException(new ServerFailedException(reason));
}
