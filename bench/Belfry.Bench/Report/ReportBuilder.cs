using System.Globalization;
using Belfry.Bench.Checker;
using Belfry.Bench.Measuring;
using Belfry.Bench.Scenarios;
using Belfry.Bench.Topology;
using Confluent.Kafka;

namespace Belfry.Bench.Report;

/// <summary>Closes a run's books: reads what is stored, compares it with what was acknowledged and received, and puts all figures together.</summary>
/// <param name="run">The run.</param>
/// <param name="kafkaBefore">Where the topic stood before the first event.</param>
internal sealed class ReportBuilder(Run run, KafkaPosition kafkaBefore)
{
    // A write counts as delivered when its connection has outlived it by 15 s, and the marks are stored a second later.
    private static readonly TimeSpan SettlePatience = TimeSpan.FromSeconds(25);
    private static readonly TimeSpan SettleInterval = TimeSpan.FromSeconds(2);

    private MeasuredLoad? _load;
    private IReadOnlyList<Probe>? _probes;
    private readonly List<string> _notes = [];
    private ReplayReport? _replay;
    private FanOutReport? _fanOut;
    private IdleReport? _idle;
    private IReadOnlyList<RestartReport>? _restarts;
    private DevicesReport? _devices;

    private MeasuredLoad Load => _load ?? throw new InvalidOperationException("Nothing was measured.");

    public void Add(MeasuredLoad load) => _load = load;

    public void Add(RateSearch search)
    {
        _load = search.Confirmed;
        _probes = search.Probes;
    }

    /// <summary>Something to be known beside the figures.</summary>
    public void AddNote(string note) => _notes.Add(note);

    public void AddReplay(MeasuredLoad load)
    {
        _load = load;
        var seconds = BenchClock.ToSeconds(load.Measurement.LastMicros - load.Measurement.StartMicros);
        var connects = LatencyReport.Of(load.Measurement.MergeConnects().Summarize());
        _replay = new ReplayReport(load.Deliveries, seconds, seconds > 0 ? load.Deliveries / seconds : 0, load.Drained, connects);
    }

    public void AddFanOut(MeasuredLoad load, FanOutReport fanOut)
    {
        _load = load;
        _fanOut = fanOut;
    }

    public void AddRestarts(MeasuredLoad load, IReadOnlyList<RestartReport> restarts)
    {
        _load = load;
        _restarts = restarts;
    }

    public void AddDevices(DevicesReport devices) => _devices = devices;

    public void AddIdle(MeasuredLoad load, int connections)
    {
        _load = load;
        var name = run.Options.Pipeline.ProcessName;
        var (before, after) = (load.Before, load.After);
        _idle = new IdleReport(
            connections,
            Each(after.UsageOf(name).ResidentBytes - before.UsageOf(name).ResidentBytes),
            Each(after.UsageOf(name).ProportionalBytes - before.UsageOf(name).ProportionalBytes),
            Each(after.Kernel.TcpBufferBytes - before.Kernel.TcpBufferBytes),
            Each(after.Kernel.SlabBytes - before.Kernel.SlabBytes));

        double Each(long bytes) => Math.Round((double)bytes / connections, 1);
    }

    public async Task<RunReport> FinishAsync(CancellationToken ct)
    {
        run.Progress.Say("waiting until deliveries are marked");
        var status = await ReadSettledStatusAsync(ct);
        var kafka = run.Kafka is null ? default : await run.Kafka.ReadAsync(ct);
        var figures = await run.Stand.Store.ReadFiguresAsync(ct);
        var counts = run.Streams.Counts;
        var seenOnTheWay = await run.Streams.CloseAsync();

        run.Progress.Say("comparing what was acknowledged, stored and received");
        var window = Load.Measurement;
        var storedTimeline = new Timeline(window.StartMicros, window.Duration + TimeSpan.FromMinutes(2));
        var stored = new StoredLog(run.Users.Count, storedTimeline);
        await run.Stand.Store.ReadAsync(run.Users, stored, ct);
        var verdict = Verdict.Of(run.Ledger, stored, run.Streams.Receipts, seenOnTheWay, run.Users.Count);
        var latencies = window.MergeLatencies();

        return new RunReport
        {
            Scenario = run.Options.Scenario,
            Pipeline = run.Options.Pipeline.Name,
            Held = verdict.Held && run.Ledger.Refused == 0 && (_idle is null || counts.Active == run.Streams.Receipts.Count) && (_probes is null || _probes[^1].Held)
                && _fanOut is null or { Missing: 0, Doubled: 0, Others: 0 },
            OfferedPerS = Round(window.OfferedPerSecond),
            StoredPerS = _replay is not null ? 0 : Round(window.PerSecond(storedTimeline)),
            DeliveredPerS = Round(_replay?.NotificationsPerS ?? window.DeliveredPerSecond),
            DeliveryRatio = verdict.DeliveryRatio,
            Lost = verdict.Findings.Count(FindingKind.Lost),
            Duplicates = verdict.Findings.Count(FindingKind.Duplicate),
            Gaps = verdict.Findings.Count(FindingKind.Gap),
            Disorder = verdict.Findings.Count(FindingKind.Disorder),
            Foreign = verdict.Findings.Count(FindingKind.Foreign),
            Phantoms = verdict.Findings.Count(FindingKind.Phantom),
            Refused = run.Ledger.Refused,
            StoredUnacknowledged = verdict.StoredUnacknowledged,
            Connections = counts.Active,
            Failed = counts.Failed,
            Reconnects = counts.Reconnects,
            Resets = counts.Resets,
            LatencyMs = LatencyReport.Of(latencies.Summarize()),
            CpuSPer1000 = PerProcess(name => Load.Deliveries == 0 ? 0 : Math.Round(CpuOf(name) * 1000 / Load.Deliveries, 6), 0),
            CpuS = PerProcess(name => Round(CpuOf(name)), 0),
            Memory = PerProcess(name => new MemoryReport(Load.After.UsageOf(name).ResidentBytes, Load.After.UsageOf(name).ProportionalBytes), new MemoryReport(0, 0)),
            Network = PerProcess(NetworkOf, new NetworkReport(0, 0)),
            Kafka = run.Kafka is null ? new KafkaReport() : new KafkaReport(run.Ledger.Acknowledged, kafka.Consumed - kafkaBefore.Consumed, kafka.Lag),
            Status = status,
            Storage = new StorageReport(stored.Rows, figures.DeadTuples, Load.After.Store.WalBytes - Load.Before.Store.WalBytes, figures.Bytes),
            Series = SeriesOf(window, storedTimeline, latencies),
            Probes = _probes,
            Replay = _replay,
            Fanout = _fanOut,
            Idle = _idle,
            Restarts = _restarts,
            Devices = _devices,
            Findings = [.. verdict.Findings.Named.Select(finding => finding.Describe(run.Users))],
            Notes = [.. Notes()],
            Parameters = Parameters(),
            Machine = MachineFacts.Read(),
            Versions = await ReadVersionsAsync(ct),
            Commit = await MachineFacts.ReadCommitAsync(ct),
            FinishedAt = TimeProvider.System.GetUtcNow(),
        };
    }

    private async Task<IReadOnlyDictionary<string, long>> ReadSettledStatusAsync(CancellationToken ct)
    {
        var end = BenchClock.Micros + BenchClock.Of(SettlePatience);
        while (true)
        {
            var status = await run.Stand.Store.ReadStatusAsync(run.Users, ct);
            // Users without a stream stay pending; waiting for them would be in vain.
            var open = status.Where(count => count.Key is not ("delivered" or "failed" or "expired")).Sum(count => count.Value);
            if (open == 0 || BenchClock.Micros > end) return status;
            await Task.Delay(SettleInterval, TimeProvider.System, ct);
        }
    }

    private double CpuOf(string process) => Load.After.CpuSince(Load.Before, process).TotalSeconds;

    private NetworkReport NetworkOf(string process)
    {
        var bytes = Load.After.NetworkSince(Load.Before, process);
        return new NetworkReport(bytes.In, bytes.Out);
    }

    private SortedDictionary<string, T> PerProcess<T>(Func<string, T> figure, T unknown)
    {
        var figures = new SortedDictionary<string, T>(Load.After.Processes.ToDictionary(name => name, figure));
        foreach (var process in run.Stand.UnknownProcesses) figures[process] = unknown;
        return figures;
    }

    private SeriesReport SeriesOf(Measurement window, Timeline stored, Latencies latencies) => _replay is { } replay
        ? new SeriesReport
        {
            DeliveredPerS = window.Delivered.SecondsWithin(TimeSpan.FromSeconds(Math.Ceiling(replay.Seconds))),
            Percentiles = PercentilesOf(latencies),
        }
        : new SeriesReport
        {
            OfferedPerS = window.Offered.SecondsWithin(window.Duration),
            StoredPerS = stored.SecondsWithin(window.Duration),
            DeliveredPerS = window.Delivered.SecondsWithin(window.Duration),
            LatencyStepS = window.StepSeconds,
            LatencyMs = [.. window.LatenciesOfSteps().Select(LatencyReport.Of)],
            Percentiles = PercentilesOf(latencies),
        };

    private static IReadOnlyList<PercentileReport> PercentilesOf(Latencies latencies) =>
        [.. latencies.Distribution().Select(step => new PercentileReport(Math.Round(step.Percentile, 4), step.Ms))];

    private IEnumerable<string> Notes()
    {
        foreach (var process in run.Stand.UnknownProcesses) yield return $"{process} was there before: its CPU, memory and network are not known and left out.";
        if (!Load.After.KnowsSockets) yield return "network is 0: the program ss (Debian: iproute2) is missing.";
        if (!Load.Drained) yield return "Not everything had arrived when the run ended: what had not counts as lost.";
        if (run.Streams.Counts.Byes > 0) yield return $"{run.Streams.Counts.Byes} streams were ended by the server with a bye.";
        if (run.Retries > 0) yield return $"{run.Retries} requests were sent again.";
        if (_restarts is not null) yield return "CPU, network and WAL are those of the last seconds, after the last restart.";
        if (_fanOut?.Lives.Count > 1) yield return "CPU, network and WAL are those since the server's last start; the window includes the dead times, in which no single events were published.";
        foreach (var note in _notes) yield return note;
        if (run.KafkaError is { } error) yield return $"The last error of the Kafka client: {error}.";
    }

    private SortedDictionary<string, string> Parameters() => new()
    {
        ["connections"] = Text(run.Options.Connections),
        ["instances"] = Text(run.Options.Instances),
        ["apart"] = run.Options.Apart ? "yes" : "no",
        ["users"] = Text(run.Options.Users),
        ["rate"] = run.Options.Rate is { } rate ? Text(rate) : "max",
        ["duration_s"] = Text(run.Options.Duration.TotalSeconds),
        ["warm_up_s"] = Text(run.Options.WarmUp.TotalSeconds),
        ["payload_bytes"] = Text(run.Options.Payload),
        ["notifications"] = Text(run.Options.Notifications),
        ["members"] = Text(run.Options.Members),
        ["kills"] = Text(run.Options.Kills),
        ["max_p99_ms"] = Text(run.Options.MaxP99.TotalMilliseconds),
        ["store"] = run.Options.Store.ToString().ToLowerInvariant(),
        ["via"] = run.Options.Via.ToString().ToLowerInvariant(),
    };

    private async Task<SortedDictionary<string, string>> ReadVersionsAsync(CancellationToken ct)
    {
        var versions = new SortedDictionary<string, string>
        {
            ["bench"] = typeof(ReportBuilder).Assembly.GetName().Version!.ToString(3),
            ["store"] = await run.Stand.Store.ReadVersionAsync(ct),
        };
        if (run.Kafka is not null)
        {
            versions["kafka"] = run.Stand.KafkaProperties.GetValueOrDefault("broker.version.fallback", "as given by --kafka");
            versions["librdkafka"] = Library.VersionString;
        }

        return versions;
    }

    private static string Text(double value) => value.ToString(CultureInfo.InvariantCulture);

    private static double Round(double value) => Math.Round(value, 3);
}
