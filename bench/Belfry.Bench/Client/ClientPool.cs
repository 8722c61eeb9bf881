using Belfry.Bench.Checker;
using Belfry.Bench.Measuring;
using Belfry.Servers;

namespace Belfry.Bench.Client;

/// <summary>All the streams of a run, spread over a few loops.</summary>
internal sealed class ClientPool : IAsyncDisposable
{
    private readonly UserSet _users;
    private readonly StreamLoop[] _loops;
    private readonly List<Receipts> _receipts = [];

    /// <param name="silence">After how long without a byte a stream is given up; null: never.</param>
    public ClientPool(StreamTarget target, UserSet users, bool keepsEventIds, int loops, TimeSpan? silence = null)
    {
        _users = users;
        _loops = [.. Enumerable.Range(0, loops).Select(i => new StreamLoop($"streams {i}", target, users, keepsEventIds, silence))];
    }

    /// <summary>What each stream has received, by connection. Not to be read while notifications may still come.</summary>
    public IReadOnlyList<Receipts> Receipts => _receipts;

    public StreamCounts Counts => _loops.Aggregate(default(StreamCounts), (sum, loop) => sum + loop.Counts.Read());

    /// <summary>One loop for each 4 cores: one thread reads some 100,000 notifications/s, and the cores are the server's.</summary>
    public static int DefaultLoops => Math.Clamp(Environment.ProcessorCount / 4, 1, 8);

    /// <summary>Opens streams, one for each user in turn, and returns at once.</summary>
    public void Open(int count) => Open([.. Enumerable.Range(_receipts.Count, count).Select(i => i % _users.Count)]);

    /// <summary>Opens a stream for each of these users, and returns at once.</summary>
    public void Open(IReadOnlyList<int> users)
    {
        var (first, count) = (_receipts.Count, users.Count);
        _receipts.AddRange(users.Select(user => new Receipts(user)));
        foreach (var (loop, i) in _loops.Select((loop, i) => (loop, i)))
        {
            loop.Open([.. Enumerable.Range(first, count).Where(index => index % _loops.Length == i).Select(index => new StreamConnection(index, _receipts[index]))]);
        }
    }

    /// <summary>Ends a stream, if it is open; it comes back with its cursor after a while.</summary>
    public void Leave(int index, TimeSpan away) => _loops[index % _loops.Length].Leave(index, away);

    /// <summary>Waits until all streams are open.</summary>
    public async Task WaitUntilOpenAsync(TimeSpan timeout, CancellationToken ct)
    {
        try
        {
            await Eventually.HoldsAsync("all streams are open", () => FailedLoop() is not null || Counts.Active == _receipts.Count, timeout, ct);
        }
        catch (TimeoutException)
        {
            var refusals = await RefusalsAsync();
            throw new BenchFailedException(
                $"{Counts.Active} of {_receipts.Count} streams are open after {timeout.TotalSeconds:0} s; {Counts.Failed} attempts failed"
                + (refusals.Count == 0 ? "." : $": {string.Join(", ", refusals.Select(refusal => $"{refusal.Value} times status {refusal.Key}"))}."));
        }

        ThrowIfFailed();
    }

    /// <summary>A loop fails when a stream is not what the protocol says.</summary>
    public void ThrowIfFailed()
    {
        if (FailedLoop() is { } failed) throw new BenchFailedException($"Reading the streams failed: {failed.Ended.Exception!.InnerException}");
    }

    /// <summary>Each time that a stream was away and came back, since the last call.</summary>
    public async Task<IReadOnlyList<Absence>> TakeAbsencesAsync() =>
        [.. (await Task.WhenAll(_loops.Select(loop => loop.InvokeAsync(reader => reader.TakeAbsences())))).SelectMany(absences => absences)];

    /// <summary>From here on deliveries are recorded in the measurement, until <see cref="StopMeasuringAsync"/>.</summary>
    public Task MeasureAsync(Measurement measurement) =>
        Task.WhenAll(_loops.Select(loop => loop.InvokeAsync(reader => reader.Recorder = measurement.NewRecorder())));

    /// <summary>When this has returned, nothing is recorded any more.</summary>
    public Task StopMeasuringAsync() => Task.WhenAll(_loops.Select(loop => loop.InvokeAsync(reader => reader.Recorder = null)));

    /// <summary>Closes all streams and returns what was found wrong with them.</summary>
    public async Task<Findings> CloseAsync()
    {
        var all = new Findings();
        foreach (var loop in _loops)
        {
            if (loop.Ended.IsCompleted) continue;
            all.Add(await loop.InvokeAsync(reader => reader.Findings));
            await loop.StopAsync();
        }

        return all;
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var loop in _loops)
        {
            // A loop that has failed has told so already.
            if (!loop.Ended.IsCompleted) await loop.StopAsync();
            loop.Dispose();
        }
    }

    private StreamLoop? FailedLoop() => _loops.FirstOrDefault(loop => loop.Ended.IsFaulted);

    private async Task<Dictionary<int, int>> RefusalsAsync()
    {
        var all = new Dictionary<int, int>();
        foreach (var loop in _loops)
        {
            foreach (var (status, count) in await loop.InvokeAsync(reader => reader.Refusals.ToArray()))
            {
                all[status] = all.GetValueOrDefault(status) + count;
            }
        }

        return all;
    }
}
