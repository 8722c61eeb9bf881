using System.Diagnostics.Metrics;

namespace Belfry.Dashboard.Measuring;

/// <summary>Every number that has a history, by name: one row of them a second.</summary>
internal sealed class Gauges : IDisposable
{
    private readonly List<(string Name, Func<double, double> Read)> _series = [];
    private readonly Instruments _instruments;
    private readonly PartitionProbe _lags;

    public Gauges(IMeterFactory meters)
    {
        _instruments = new Instruments(meters);
        _lags = _instruments.Partitions("belfry.kafka.lag");
        AddFlow();
        AddStore();
        AddStreams();
        AddWork();
        AddProcess();
        _instruments.Start();
        Names = [.. _series.Select(s => s.Name)];
    }

    public IReadOnlyList<string> Names { get; }

    /// <summary>Records not stored yet, of each partition of this instance, as they were at the last row.</summary>
    public IReadOnlyList<PartitionLag> Lags => _lags.Lags;

    /// <summary>What has happened since the row before. Not a number where there is nothing to measure.</summary>
    public double[] Take(TimeSpan since)
    {
        _instruments.Roll();
        return [.. _series.Select(s => s.Read(Math.Max(0.001, since.TotalSeconds)))];
    }

    public void Dispose() => _instruments.Dispose();

    private void AddFlow()
    {
        foreach (var way in (string[])["http", "kafka", "outbox"]) Rate($"in_{way}", "belfry.ingest.accepted", "way", way);
        Rate("in_tasks", "belfry.mailboxes.stored_by_tasks");
        Rate("stored", "belfry.mailboxes.stored");
        Rate("duplicates", "belfry.mailboxes.duplicates");
        Rate("rejected", "belfry.ingest.rejected");
        Rate("unavailable", "belfry.ingest.unavailable");
        Rate("out", "belfry.streams.sent");
        Milliseconds("latency", "belfry.streams.latency");
    }

    private void AddStore()
    {
        Milliseconds("append", "belfry.mailboxes.append.duration");
        Rate("append_retries", "belfry.mailboxes.append.retries");
        var batch = _instruments.Histogram("belfry.mailboxes.batch.size");
        _series.Add(("batches", seconds => batch.Last.Count / seconds));
        _series.Add(("batch_mean", _ => batch.Last.Mean));
        _series.Add(("batch_max", _ => batch.Last.Max));
        Sum("lane_queue", "belfry.mailboxes.queue.items");
        Sum("kafka_lag", "belfry.kafka.lag");
        Sum("kafka_paused", "belfry.kafka.paused");
        var used = Sum("pool_used", "db.client.connection.count", "db.client.connection.state", "used");
        Sum("pool_idle", "db.client.connection.count", "db.client.connection.state", "idle");
        Sum("pool_max", "db.client.connection.max");
        // Counted up and down, and silent until somebody waits for the first time.
        var waiting = _instruments.Counter("db.client.connection.npgsql.pending_requests");
        _series.Add(("pool_waiting", _ => double.IsNaN(used.Sum) ? double.NaN : waiting.Total));
    }

    private void AddStreams()
    {
        Sum("connections", "belfry.streams.connections");
        foreach (var name in (string[])["opened", "ended", "refused", "behind", "pages", "resets"]) Rate($"streams_{name}", $"belfry.streams.{name}");
        Rate("streams_page_rows", "belfry.streams.page.rows");
    }

    private void AddWork()
    {
        foreach (var name in (string[])["claimed", "completed", "reclaimed", "lost", "dead"]) Rate($"work_{name}", $"belfry.work.{name}");
        Rate("work_retried", "belfry.work.failed", "again", true);
        Sum("work_leased", "belfry.work.leased");
        Sum("work_channel", "belfry.work.channel");
        Milliseconds("work_wait", "belfry.work.wait");
    }

    private void AddProcess()
    {
        Rise("cpu", () => Environment.CpuUsage.TotalTime.TotalSeconds);
        Rise("gc_pause_ms", () => GC.GetTotalPauseDuration().TotalMilliseconds);
        Rise("allocated", () => GC.GetTotalAllocatedBytes());
        _series.Add(("memory", _ => Environment.WorkingSet));
        _series.Add(("heap", _ => GC.GetTotalMemory(forceFullCollection: false)));
        _series.Add(("threads_waiting", _ => ThreadPool.PendingWorkItemCount));
    }

    private void Rate(string name, string instrument, string? tag = null, object? value = null)
    {
        var counter = _instruments.Counter(instrument, tag, value);
        _series.Add((name, seconds => counter.Take() / seconds));
    }

    private GaugeProbe Sum(string name, string instrument, string? tag = null, object? value = null)
    {
        var gauge = _instruments.Gauge(instrument, tag, value);
        _series.Add((name, _ => gauge.Sum));
        return gauge;
    }

    private void Milliseconds(string name, string instrument)
    {
        var histogram = _instruments.Histogram(instrument);
        _series.Add(($"{name}_p50", _ => histogram.Last.P50 * 1000));
        _series.Add(($"{name}_p95", _ => histogram.Last.P95 * 1000));
        _series.Add(($"{name}_p99", _ => histogram.Last.P99 * 1000));
    }

    private void Rise(string name, Func<double> total)
    {
        var before = total();
        _series.Add((name, PerSecond));

        double PerSecond(double seconds)
        {
            var now = total();
            var rise = now - before;
            before = now;
            return rise / seconds;
        }
    }
}
