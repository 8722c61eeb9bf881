namespace Belfry.Work;

/// <summary>
/// How often everything is looked at that is usually passed by: at every interval, and so rarely that it takes no more than a
/// twentieth of the time however long it takes. Thread-safe.
/// </summary>
internal sealed class SweepPace(TimeSpan interval, TimeProvider time)
{
    private const int Share = 20;

    private readonly Lock _gate = new();
    private TimeSpan _pause;
    private long? _last;

    /// <summary>Whether it is time; true for one caller only, who says afterwards how long it took.</summary>
    public bool TryBegin()
    {
        lock (_gate)
        {
            if (_last is { } last && time.GetElapsedTime(last) < _pause) return false;
            _last = time.GetTimestamp();
            _pause = interval;
            return true;
        }
    }

    public void Ended(TimeSpan took)
    {
        lock (_gate) _pause = took * Share > interval ? took * Share : interval;
    }

    /// <summary>It is time: what was looked at last may not be all.</summary>
    public void Reset()
    {
        lock (_gate) _last = null;
    }
}
