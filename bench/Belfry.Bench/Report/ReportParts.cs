using System.Text.Json.Serialization;
using Belfry.Bench.Measuring;

namespace Belfry.Bench.Report;

/// <summary>Milliseconds.</summary>
internal sealed record LatencyReport
{
    public double Min { get; init; }

    public double P50 { get; init; }

    public double P95 { get; init; }

    public double P99 { get; init; }

    [JsonPropertyName("p999")]
    public double P999 { get; init; }

    public double Max { get; init; }

    public static LatencyReport Of(LatencySummary summary) => new()
    {
        Min = Round(summary.Min),
        P50 = Round(summary.P50),
        P95 = Round(summary.P95),
        P99 = Round(summary.P99),
        P999 = Round(summary.P999),
        Max = Round(summary.Max),
    };

    private static double Round(double value) => Math.Round(value, 3);
}

/// <summary>Held at the end of the measured time.</summary>
/// <param name="RssBytes">What several processes share counts in each.</param>
/// <param name="PssBytes">What several processes share is divided among them; 0 where it may not be read.</param>
internal sealed record MemoryReport(long RssBytes, long PssBytes);

/// <summary>TCP payload during the measured time.</summary>
internal sealed record NetworkReport(long InBytes, long OutBytes);

/// <summary>Records of the topic during the run; all 0 without Kafka.</summary>
/// <param name="Produced">Acknowledged by the broker.</param>
/// <param name="Consumed">Passed by the pipeline's stored, or else committed, offsets.</param>
/// <param name="Lag">What is left at the end.</param>
internal sealed record KafkaReport(long Produced = 0, long Consumed = 0, long Lag = 0);

/// <summary>The store at the end, and what it wrote during the measured time.</summary>
/// <param name="Rows">Notifications of this run.</param>
/// <param name="DeadTuples">Row versions that wait for vacuum.</param>
/// <param name="WalBytes">Written ahead during the measured time.</param>
/// <param name="DatabaseBytes">The whole database.</param>
internal sealed record StorageReport(long Rows = 0, long DeadTuples = 0, long WalBytes = 0, long DatabaseBytes = 0);

/// <summary>The measured window second by second.</summary>
internal sealed record SeriesReport
{
    public IReadOnlyList<long> OfferedPerS { get; init; } = [];

    public IReadOnlyList<long> StoredPerS { get; init; } = [];

    public IReadOnlyList<long> DeliveredPerS { get; init; } = [];

    /// <summary>How many seconds each of <see cref="LatencyMs"/> covers.</summary>
    public int LatencyStepS { get; init; }

    /// <summary>By intended send time.</summary>
    public IReadOnlyList<LatencyReport> LatencyMs { get; init; } = [];

    /// <summary>The distribution as a whole: each percentile with its latency in milliseconds.</summary>
    public IReadOnlyList<PercentileReport> Percentiles { get; init; } = [];
}

internal sealed record PercentileReport(double Percentile, double Ms);

/// <summary>All users at once.</summary>
/// <param name="Notifications">Received by all together.</param>
/// <param name="Seconds">From the beginning of the first connect to the last notification.</param>
/// <param name="NotificationsPerS">The one divided by the other.</param>
/// <param name="Complete">Whether every user got all of his.</param>
/// <param name="ConnectMs">From the beginning of a connect to the head of the answer.</param>
internal sealed record ReplayReport(long Notifications, double Seconds, double NotificationsPerS, bool Complete, LatencyReport ConnectMs);

/// <summary>One event for all members of a topic. Times in seconds; a rate is that of mailboxes.</summary>
/// <param name="Members">Of the topic.</param>
/// <param name="MembersAddedPerS">By the bulk API.</param>
/// <param name="Once">Members who have it exactly once.</param>
/// <param name="Missing">Members who do not have it.</param>
/// <param name="Doubled">Members who have it more than once.</param>
/// <param name="Others">Mailboxes that have it and are no member's, and seqs of members that are not their first.</param>
/// <param name="PerS">While somebody worked on it.</param>
/// <param name="PerSInAll">From the answer to the publisher to the last mailbox, the dead times included.</param>
/// <param name="Seconds">While somebody worked on it.</param>
/// <param name="SecondsInAll">From the answer to the publisher to the last mailbox.</param>
/// <param name="Lives">Of the server, one after the other.</param>
internal sealed record FanOutReport(
    long Members, double MembersAddedPerS, long Once, long Missing, long Doubled, long Others,
    double PerS, double PerSInAll, double Seconds, double SecondsInAll, IReadOnlyList<FanOutLife> Lives);

/// <summary>From one start of the server to its kill, or to the last mailbox.</summary>
/// <param name="Mailboxes">Stored in it.</param>
/// <param name="Seconds">From its claim of the task on.</param>
/// <param name="PerS">The one divided by the other.</param>
/// <param name="DownSeconds">Before it: from the kill until the server was ready again; 0 for the first.</param>
/// <param name="LeaseSeconds">Before it: from there until it had the task, whose lease had to run out.</param>
internal sealed record FanOutLife(long Mailboxes, double Seconds, double PerS, double DownSeconds, double LeaseSeconds);

/// <summary>One instance that ended and was started again.</summary>
/// <param name="Kind">terminate or kill.</param>
/// <param name="Instance">Which one, from 1.</param>
/// <param name="ExitCode">0 also when it was killed.</param>
/// <param name="EndSeconds">From the signal to the process's end.</param>
/// <param name="StartSeconds">From there until it was ready again, which includes the wait for its clients to be elsewhere.</param>
/// <param name="Streams">How many were cut and came back.</param>
/// <param name="AwayMs">From a stream's cut to the head of the next answer.</param>
/// <param name="ConnectsInBusiestSecond">The most that came back within one second.</param>
internal sealed record RestartReport(
    string Kind, int Instance, int ExitCode, double EndSeconds, double StartSeconds, int Streams, LatencyReport AwayMs, int ConnectsInBusiestSecond);

/// <summary>What one device of a user did, seen on another.</summary>
/// <param name="Users">How many had two devices.</param>
/// <param name="Changes">How many changes they made.</param>
/// <param name="ShownMs">From the request that changes until the other device's stream has told of it.</param>
internal sealed record DevicesReport(int Users, long Changes, LatencyReport ShownMs);

/// <summary>What one more connection takes, in bytes, after it has been idle for the duration.</summary>
/// <param name="Connections">Over how many this is the average.</param>
/// <param name="ServerRssBytesEach">Resident memory of the server's process.</param>
/// <param name="ServerPssBytesEach">The same with shared pages divided.</param>
/// <param name="KernelTcpBytesEach">Data in TCP buffers, both ends of the connection together.</param>
/// <param name="KernelSlabBytesEach">Kernel objects of the whole machine (sockets, files, epoll entries), both ends together.</param>
internal sealed record IdleReport(
    long Connections, double ServerRssBytesEach, double ServerPssBytesEach, double KernelTcpBytesEach, double KernelSlabBytesEach);
