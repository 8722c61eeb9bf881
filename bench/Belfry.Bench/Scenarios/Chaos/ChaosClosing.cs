using System.Globalization;
using Belfry.Bench.Checker;
using Belfry.Bench.Report;
using Belfry.Bench.Topology;
using Belfry.Servers;

namespace Belfry.Bench.Scenarios.Chaos;

/// <summary>The end of a run of faults: waits until all has arrived, lets everybody come back once more, and compares the books.</summary>
internal sealed class ChaosClosing(ChaosRun run, IReadOnlyList<FaultRecord> faults)
{
    private static readonly TimeSpan OffsetsPatience = TimeSpan.FromSeconds(90);
    private static readonly TimeSpan ReconnectPatience = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan StallPatience = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan Poll = TimeSpan.FromMilliseconds(100);

    // Their ages end some every second, so that a moment in which none is on its way back may not come.
    private const double MostOfThem = 0.95;

    public async Task<ChaosReport> FinishAsync(CancellationToken ct)
    {
        var begun = BenchClock.Micros;
        await using var store = new PostgresProbe(run.Stand.Database, PostgresQueries.Belfry);
        run.Progress.Say("waiting until all of Kafka is stored");
        var kafka = await WaitForOffsetsAsync(store, ct);
        await HoldsAsync("the streams are open again", () => run.Streams.Counts.Active >= MostOfThem * run.Options.Connections, ct);

        var stored = new StoredLog(run.Options.Users, stored: null, run.Ledger.CheckSeq);
        await store.ReadAsync(run.Users, stored, ct);
        var due = run.Streams.Receipts.Sum(stream => (long)stored.NumbersOf(stream.User).Count);
        run.Progress.Say($"{stored.Rows:N0} are stored, waiting for {due:N0} deliveries");
        await DrainAsync(due, ct);
        var drained = BenchClock.Micros;
        await run.Streams.StopMeasuringAsync();

        run.Progress.Say("everybody comes back once more");
        var reconnects = run.Streams.Counts.Reconnects;
        run.Visitors.ReconnectAll();
        await HoldsAsync(
            "all streams have come back to the end of their mailboxes",
            () => run.Streams.Counts is var now && now.Reconnects >= reconnects + run.Options.Connections && now.CaughtUp == run.Options.Connections,
            ct);
        return await CompareAsync(stored, due, kafka, BenchClock.ToSeconds(drained - begun), ct);
    }

    private async Task<ChaosReport> CompareAsync(StoredLog stored, long due, KafkaPosition kafka, double drainSeconds, CancellationToken ct)
    {
        var counts = run.Streams.Counts;
        var seenOnTheWay = await run.Streams.CloseAsync();
        seenOnTheWay.Add(run.Ledger.Findings());
        run.Progress.Say("comparing what was acknowledged, stored and received");
        var verdict = Verdict.Of(run.Ledger.AcknowledgedOf, stored, run.Streams.Receipts, seenOnTheWay, run.Options.Users);
        run.Wrong.AddRange(faults.Where(fault => fault.Wrong is not null).Select(fault => fault.ToString()));
        run.Wrong.AddRange(run.Stand.Instances.Where(instance => instance.HasDied).Select(instance => $"instance {instance.Index} is not running"));

        return new ChaosReport
        {
            Held = verdict.Held && run.Wrong.Count == 0,
            Seed = run.Options.Seed,
            Minutes = Math.Round(run.Options.Duration.TotalMinutes, 3),
            Lost = verdict.Findings.Count(FindingKind.Lost),
            Duplicates = verdict.Findings.Count(FindingKind.Duplicate),
            Gaps = verdict.Findings.Count(FindingKind.Gap),
            Disorder = verdict.Findings.Count(FindingKind.Disorder),
            Foreign = verdict.Findings.Count(FindingKind.Foreign),
            Phantoms = verdict.Findings.Count(FindingKind.Phantom),
            Resets = verdict.Findings.Count(FindingKind.Reset),
            Refused = verdict.Findings.Count(FindingKind.Refused),
            Published = run.Ledger.Published,
            Acknowledged = run.Ledger.Acknowledged,
            AcknowledgedByKafka = run.Ledger.ByKafka,
            AcknowledgedByHttp = run.Ledger.ByHttp,
            SentTwice = run.Ledger.SentTwice,
            AnsweredAsDuplicates = run.Ledger.AnsweredAsDuplicates,
            Maybe = run.Ledger.Maybe,
            HttpRetries = run.Ledger.Retries,
            Stored = stored.Rows,
            StoredUnacknowledged = verdict.StoredUnacknowledged,
            Received = counts.Deliveries,
            Due = due,
            Connections = counts.Active,
            Reconnects = counts.Reconnects,
            FailedConnects = counts.Failed,
            SilentStreams = counts.Silent,
            Byes = counts.Byes,
            Leaves = run.Visitors.Leaves,
            LongestWithoutStreamS = Math.Round(BenchClock.ToSeconds(counts.LongestAwayMicros), 3),
            LatencyMs = LatencyReport.Of(run.Window.MergeLatencies().Summarize()),
            KafkaEnd = kafka.End,
            KafkaStored = kafka.Consumed,
            Faults = faults.CountBy(fault => fault.Fault.Kind.ToString()).OrderBy(kind => kind.Key, StringComparer.Ordinal).ToDictionary(),
            AwayS = run.Stand.Instances.ToDictionary(instance => $"instance {instance.Index}", instance => Math.Round(instance.Away.TotalSeconds, 3)),
            SlowestEndS = Math.Round(run.Stand.Instances.Max(instance => instance.SlowestEnd.TotalSeconds), 3),
            DrainS = Math.Round(drainSeconds, 3),
            Schedule = [.. faults.Select(fault => fault.ToString())],
            Findings = await DescribeAsync(verdict.Findings, ct),
            Wrong = run.Wrong,
            Parameters = Parameters(),
            Machine = MachineFacts.Read(),
            Commit = await MachineFacts.ReadCommitAsync(ct),
            Logs = run.Stand.LogFolder,
            FinishedAt = TimeProvider.System.GetUtcNow(),
        };
    }

    private async Task<IReadOnlyList<string>> DescribeAsync(Findings findings, CancellationToken ct)
    {
        await using var evidence = new Evidence(run.Stand.Database, run.Users, run.Ledger);
        var lines = new List<string>();
        foreach (var finding in findings.Named) lines.Add(await evidence.DescribeAsync(finding, ct));
        return lines;
    }

    /// <summary>The stored offset of each partition must come to the end of its log.</summary>
    private async Task<KafkaPosition> WaitForOffsetsAsync(PostgresProbe store, CancellationToken ct)
    {
        using var probe = new KafkaProbe(run.Stand.Kafka.BootstrapServers, KafkaBroker.ClientProperties, Stand.Topic, store);
        IReadOnlyDictionary<int, KafkaPosition> positions = new Dictionary<int, KafkaPosition>();
        try
        {
            await Eventually.HoldsAsync(
                "the stored offsets are at the end of the log",
                async token =>
                {
                    positions = await probe.ReadPartitionsAsync(token);
                    return positions.Values.All(position => position.Consumed == position.End);
                },
                OffsetsPatience,
                ct);
        }
        catch (TimeoutException e)
        {
            var late = positions.Where(position => position.Value.Consumed != position.Value.End)
                .Select(position => $"partition {position.Key} is stored up to {position.Value.Consumed} of {position.Value.End}");
            run.Wrong.Add($"{e.Message} {string.Join(", ", late)}");
        }

        return new KafkaPosition(positions.Values.Sum(position => position.End), positions.Values.Sum(position => position.Consumed));
    }

    /// <summary>As long as something still arrives, the rest may.</summary>
    private async Task DrainAsync(long due, CancellationToken ct)
    {
        var (seen, since) = (-1L, BenchClock.Micros);
        while (run.Streams.Counts.Deliveries is var now && now < due)
        {
            run.Streams.ThrowIfFailed();
            if (now != seen) (seen, since) = (now, BenchClock.Micros);
            if (BenchClock.Micros - since > BenchClock.Of(StallPatience)) return;
            await Task.Delay(Poll, TimeProvider.System, ct);
        }
    }

    private async Task HoldsAsync(string what, Func<bool> condition, CancellationToken ct)
    {
        try
        {
            await Eventually.HoldsAsync(what, condition, ReconnectPatience, ct);
        }
        catch (TimeoutException e)
        {
            run.Wrong.Add($"{e.Message} {run.Streams.Counts.Active} are open, {run.Streams.Counts.CaughtUp} have caught up.");
        }
    }

    private SortedDictionary<string, string> Parameters() => new()
    {
        ["minutes"] = Text(run.Options.Duration.TotalMinutes),
        ["seed"] = Text(run.Options.Seed),
        ["instances"] = Text(run.Options.Instances),
        ["rate"] = Text(run.Options.Rate),
        ["connections"] = Text(run.Options.Connections),
        ["users"] = Text(run.Options.Users),
        ["payload_bytes"] = Text(run.Options.Payload),
        ["wake_ups"] = run.Options.Redis ? "redis" : "postgres",
    };

    private static string Text(double value) => value.ToString(CultureInfo.InvariantCulture);
}
