namespace Belfry.Hosting.Producers;

/// <summary>What all producers have done so far. Thread-safe.</summary>
internal sealed class ProducerStats
{
    private long _offered;
    private long _accepted;
    private long _rejected;
    private long _retries;
    private volatile string? _lastTrouble;

    /// <summary>Events whose time has come.</summary>
    public long Offered => Interlocked.Read(ref _offered);

    /// <summary>Events that the other side has safe.</summary>
    public long Accepted => Interlocked.Read(ref _accepted);

    /// <summary>Events that the other side will not take.</summary>
    public long Rejected => Interlocked.Read(ref _rejected);

    /// <summary>Batches that were sent once more.</summary>
    public long Retries => Interlocked.Read(ref _retries);

    /// <summary>Events whose time has come and that nobody has answered for yet.</summary>
    public long Open => Offered - Accepted - Rejected;

    /// <summary>The latest reason for a rejection or a retry.</summary>
    public string? LastTrouble => _lastTrouble;

    public void Offer(int events) => Interlocked.Add(ref _offered, events);

    public void Answer(SendResult result)
    {
        Interlocked.Add(ref _accepted, result.Accepted);
        Interlocked.Add(ref _rejected, result.Rejected);
        if (result.Reason is not null) _lastTrouble = result.Reason;
    }

    public void Retry(string reason)
    {
        Interlocked.Increment(ref _retries);
        _lastTrouble = reason;
    }
}
