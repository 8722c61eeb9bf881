namespace Belfry.Dashboard.Measuring;

/// <summary>
/// The last samples, in a ring. Whoever watches reads from the number it has come to, at its own pace; nobody has a queue, so
/// any number of slow viewers costs nothing.
/// </summary>
internal sealed class History(int capacity)
{
    private readonly Sample[] _ring = new Sample[capacity];
    private readonly Lock _gate = new();
    private TaskCompletionSource _added = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private long _next;

    /// <summary>Null before the first one.</summary>
    public Sample? Latest
    {
        get
        {
            lock (_gate) return _next == 0 ? null : _ring[(_next - 1) % capacity];
        }
    }

    public void Add(Sample sample)
    {
        TaskCompletionSource added;
        lock (_gate)
        {
            _ring[_next++ % capacity] = sample;
            added = _added;
            _added = new(TaskCreationOptions.RunContinuationsAsynchronously);
        }

        added.SetResult();
    }

    /// <summary>What is there from this number on, oldest first, and the number after it.</summary>
    public (IReadOnlyList<Sample> Samples, long Next) ReadFrom(long number)
    {
        lock (_gate)
        {
            var samples = new List<Sample>();
            for (var n = Math.Max(number, _next - capacity); n < _next; n++) samples.Add(_ring[n % capacity]);
            return (samples, _next);
        }
    }

    /// <summary>Completes when the sample with this number is there.</summary>
    public Task WaitForAsync(long number, CancellationToken ct)
    {
        lock (_gate) return _next > number ? Task.CompletedTask : _added.Task.WaitAsync(ct);
    }
}

/// <summary>One second.</summary>
/// <param name="At">Its end, in milliseconds since 1970.</param>
/// <param name="Values">In the order of <see cref="Gauges.Names"/>.</param>
internal sealed record Sample(long At, double[] Values);
