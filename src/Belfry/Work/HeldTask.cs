namespace Belfry.Work;

/// <summary>A claimed task in this process, from its claim until the store knows what became of it.</summary>
internal sealed class HeldTask : IDisposable
{
    private readonly CancellationTokenSource _lost = new();
    private readonly TimeProvider _time;
    private readonly Lock _gate = new();
    private long _leasedAt;
    private bool _disposed;

    public HeldTask(ClaimedTask task, long claimedAt, TimeProvider time)
    {
        Task = task;
        _leasedAt = claimedAt;
        _time = time;
    }

    public ClaimedTask Task { get; }

    /// <summary>Cancelled when the lease is lost.</summary>
    public CancellationToken Lost => _lost.Token;

    /// <summary>How long ago the lease was taken or renewed, by this machine's monotonic clock: a process that was stopped notices.</summary>
    public TimeSpan LeaseAge => _time.GetElapsedTime(Volatile.Read(ref _leasedAt));

    /// <param name="at">A timestamp from before the store was asked.</param>
    public void Renewed(long at) => Volatile.Write(ref _leasedAt, at);

    public void Lose()
    {
        lock (_gate)
        {
            if (!_disposed) _lost.Cancel();
        }
    }

    public void Dispose()
    {
        lock (_gate)
        {
            _disposed = true;
            _lost.Dispose();
        }
    }
}
