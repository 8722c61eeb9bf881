using System.Diagnostics.Metrics;

namespace Belfry.Streaming;

/// <summary>What the streams tell about themselves.</summary>
internal sealed class StreamMetrics
{
    private readonly Meter _meter;
    private readonly Counter<long> _opened;
    private readonly Counter<long> _ended;
    private readonly Counter<long> _refused;
    private readonly Counter<long> _covered;
    private readonly Counter<long> _behind;
    private readonly Counter<long> _pages;
    private readonly Counter<long> _pageRows;
    private readonly Counter<long> _followed;
    private readonly Counter<long> _resets;
    private readonly Histogram<double> _latency;
    private long _coveredTotal;
    private long _openedTotal;

    public StreamMetrics(IMeterFactory meters)
    {
        _meter = meters.Create("Belfry");
        _opened = _meter.CreateCounter<long>("belfry.streams.opened", "{connection}", "Streams opened");
        _ended = _meter.CreateCounter<long>("belfry.streams.ended", "{connection}", "Streams ended, by reason");
        _refused = _meter.CreateCounter<long>("belfry.streams.refused", "{connection}", "Streams that were over a limit");
        _covered = _meter.CreateCounter<long>("belfry.streams.sent", "{notification}", "Notifications written to connections, or skipped for them");
        _behind = _meter.CreateCounter<long>("belfry.streams.behind", "{edge}", "Live streams that went back to reading the log");
        _pages = _meter.CreateCounter<long>("belfry.streams.pages", "{page}", "Pages of the log that were read");
        _pageRows = _meter.CreateCounter<long>("belfry.streams.page.rows", "{notification}", "Notifications that were read from the log");
        _followed = _meter.CreateCounter<long>("belfry.streams.followed", "{notification}", "Notifications that another instance had stored, read for live streams");
        _resets = _meter.CreateCounter<long>("belfry.streams.resets", "{reset}", "Cursors that could not be followed, by reason");
        _latency = _meter.CreateHistogram("belfry.streams.latency", "s", "From the event's own timestamp to its hand-over to the user's streams",
            advice: new InstrumentAdvice<double>
            {
                HistogramBucketBoundaries = [0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 60],
            });
    }

    /// <summary>Notifications written so far, over all connections.</summary>
    public long CoveredTotal => Interlocked.Read(ref _coveredTotal);

    /// <summary>Streams opened so far.</summary>
    public long OpenedTotal => Interlocked.Read(ref _openedTotal);

    public void Watch(Func<int> connections) =>
        _meter.CreateObservableGauge("belfry.streams.connections", connections, "{connection}", "Streams that are open");

    public void Opened()
    {
        _opened.Add(1);
        Interlocked.Increment(ref _openedTotal);
    }

    public void Ended(EndReason reason) => _ended.Add(1, new KeyValuePair<string, object?>("reason", reason switch
    {
        EndReason.Age => "age",
        EndReason.Draining => "draining",
        EndReason.Epoch => "epoch",
        EndReason.Answered => "answered",
        _ => "gone",
    }));

    public void Refused(string limit) => _refused.Add(1, new KeyValuePair<string, object?>("limit", limit));

    public void Covered(long notifications)
    {
        _covered.Add(notifications);
        Interlocked.Add(ref _coveredTotal, notifications);
    }

    public void FellBehind() => _behind.Add(1);

    public void PageRead(int rows)
    {
        _pages.Add(1);
        _pageRows.Add(rows);
    }

    public void Followed(int rows) => _followed.Add(rows);

    public void WasReset(string reason) => _resets.Add(1, new KeyValuePair<string, object?>("reason", reason));

    public void HandedOver(TimeSpan sinceEvent) => _latency.Record(Math.Max(0, sinceEvent.TotalSeconds));
}
