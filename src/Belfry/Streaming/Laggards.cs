namespace Belfry.Streaming;

/// <summary>
/// Users with live streams here for whom something stands in the log that was not stored here: by hash, with the newest seq that
/// is known. Bounded by the users that have streams. Thread-safe.
/// </summary>
internal sealed class Laggards : IDisposable
{
    private readonly Lock _gate = new();

    // One sign for all that were added since the last taking.
    private readonly SemaphoreSlim _signal = new(0, 1);
    private readonly Dictionary<ulong, long> _wanted = [];

    /// <param name="seq"><see cref="long.MaxValue"/>: not known.</param>
    public void Add(ulong hash, long seq)
    {
        lock (_gate)
        {
            if (seq > _wanted.GetValueOrDefault(hash)) _wanted[hash] = seq;
            Signal();
        }
    }

    /// <summary>Waits until there is somebody, and takes at most so many off the list.</summary>
    public async Task<List<KeyValuePair<ulong, long>>> TakeAsync(int max, CancellationToken ct)
    {
        await _signal.WaitAsync(ct);
        lock (_gate)
        {
            var taken = _wanted.Take(max).ToList();
            foreach (var (hash, _) in taken) _wanted.Remove(hash);
            if (_wanted.Count > 0) Signal();
            return taken;
        }
    }

    public void Dispose() => _signal.Dispose();

    private void Signal()
    {
        if (_signal.CurrentCount == 0) _signal.Release();
    }
}
