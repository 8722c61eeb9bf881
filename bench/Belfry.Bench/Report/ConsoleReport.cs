using System.Globalization;

namespace Belfry.Bench.Report;

/// <summary>The report for a person at a terminal: blocks in the manner of the reference's own, each figure with its unit.</summary>
internal static class ConsoleReport
{
    private const string Rule = "────────────────────────────────────────────────────────────────────────";
    private const double MiB = 1024 * 1024;

    public static void Write(TextWriter output, RunReport report)
    {
        output.WriteLine(Rule);
        output.WriteLine($"{report.Scenario} on {report.Pipeline}: {(report.Held ? "every promise held" : "NOT EVERY PROMISE HELD")}");
        output.WriteLine(Rule);
        WriteDelivery(output, report);
        WriteScenario(output, report);
        WriteCost(output, report);
        foreach (var finding in report.Findings) output.WriteLine($"  ! {finding}");
        foreach (var note in report.Notes) output.WriteLine($"  note: {note}");
        output.WriteLine(Rule);
    }

    private static void WriteDelivery(TextWriter output, RunReport report)
    {
        var latency = report.LatencyMs;
        Line(output, "Connections", $"{report.Connections:N0} active, {report.Failed:N0} failed, {report.Reconnects:N0} reconnected");
        Line(output, "Throughput", $"offered {report.OfferedPerS:N1}/s, stored {report.StoredPerS:N1}/s, delivered {report.DeliveredPerS:N1}/s (averages of the window)");
        Line(output, "Delivery ratio", $"{report.DeliveryRatio:0.000000}");
        Line(output, "Checked", $"lost {report.Lost:N0}, duplicates {report.Duplicates:N0}, gaps {report.Gaps:N0}, disorder {report.Disorder:N0}, foreign {report.Foreign:N0}, phantoms {report.Phantoms:N0}, refused {report.Refused:N0}");
        Line(output, "Latency ms", $"min {latency.Min:N2}, p50 {latency.P50:N2}, p95 {latency.P95:N2}, p99 {latency.P99:N2}, p99.9 {latency.P999:N2}, max {latency.Max:N2}");
        Line(output, "Rows", $"{report.Storage.Rows:N0}: {Join(report.Status, count => count.ToString("N0", CultureInfo.InvariantCulture))}");
        Line(output, "Kafka", $"produced {report.Kafka.Produced:N0}, consumed {report.Kafka.Consumed:N0}, lag {report.Kafka.Lag:N0}");
    }

    private static void WriteScenario(TextWriter output, RunReport report)
    {
        foreach (var probe in report.Probes ?? [])
        {
            Line(output, probe.Kind, $"{probe.RatePerS:N0}/s {(probe.Held ? "holds" : probe.Reason)}: delivered {probe.DeliveredPerS:N0}/s, p99 {probe.P99Ms:N1} ms, backlog {probe.BacklogGrowth:+0.0%;-0.0%;0%}");
        }

        if (report.Replay is { } replay)
        {
            Line(output, "Replay", $"{replay.Notifications:N0} notifications in {replay.Seconds:N2} s: {replay.NotificationsPerS:N0}/s, {(replay.Complete ? "complete" : "NOT complete")}; connects p50 {replay.ConnectMs.P50:N0} ms, p99 {replay.ConnectMs.P99:N0} ms");
        }

        if (report.Fanout is { } fanOut)
        {
            Line(output, "Fan-out", $"{fanOut.Members:N0} members (put in at {fanOut.MembersAddedPerS:N0}/s): once {fanOut.Once:N0}, missing {fanOut.Missing:N0}, doubled {fanOut.Doubled:N0}, others {fanOut.Others:N0}");
            Line(output, "", $"{fanOut.PerS:N0} mailboxes/s in {fanOut.Seconds:N1} s of work; {fanOut.PerSInAll:N0}/s in all {fanOut.SecondsInAll:N1} s");
            foreach (var life in fanOut.Lives)
            {
                Line(output, "  life", $"{life.Mailboxes:N0} in {life.Seconds:N1} s: {life.PerS:N0}/s; before it {life.DownSeconds:N1} s down, {life.LeaseSeconds:N1} s until the lease had run out");
            }
        }

        foreach (var step in report.Restarts ?? [])
        {
            Line(output, $"{step.Kind} {step.Instance}", $"ended in {step.EndSeconds:N1} s with {step.ExitCode}; {step.Streams:N0} streams away for p50 {step.AwayMs.P50:N0} ms, p99 {step.AwayMs.P99:N0} ms, max {step.AwayMs.Max:N0} ms; at most {step.ConnectsInBusiestSecond:N0} came back in a second");
        }

        if (report.Devices is { } devices)
        {
            Line(output, "Devices", $"{devices.Changes:N0} changes of {devices.Users:N0} users on one device showed on another after p50 {devices.ShownMs.P50:N1} ms, p99 {devices.ShownMs.P99:N1} ms, max {devices.ShownMs.Max:N1} ms");
        }

        if (report.Idle is { } idle)
        {
            Line(output, "Each connection", $"server {idle.ServerRssBytesEach:N0} B resident ({idle.ServerPssBytesEach:N0} B proportional), kernel {idle.KernelTcpBytesEach:N0} B TCP buffers and {idle.KernelSlabBytesEach:N0} B objects for both ends");
        }
    }

    private static void WriteCost(TextWriter output, RunReport report)
    {
        Line(output, "CPU s per 1,000", Join(report.CpuSPer1000, seconds => seconds.ToString("0.0000", CultureInfo.InvariantCulture)));
        Line(output, "Memory MiB", Join(report.Memory, memory => (memory.PssBytes > 0 ? memory.PssBytes / MiB : memory.RssBytes / MiB).ToString("N0", CultureInfo.InvariantCulture)));
        Line(output, "Network MiB", Join(report.Network, bytes => string.Create(CultureInfo.InvariantCulture, $"{bytes.InBytes / MiB:N1} in {bytes.OutBytes / MiB:N1} out")));
        Line(output, "Store", $"{report.Storage.DatabaseBytes / MiB:N0} MiB, {report.Storage.DeadTuples:N0} dead tuples, {report.Storage.WalBytes / MiB:N0} MiB WAL in the measured time");
        Line(output, "Machine", $"{report.Machine["cpu"]}, {report.Machine["cores"]} cores; {report.Versions["store"]}; commit {report.Commit}");
    }

    private static string Join<T>(IEnumerable<KeyValuePair<string, T>> values, Func<T, string> format) =>
        string.Join(", ", values.Select(value => $"{value.Key} {format(value.Value)}"));

    private static void Line(TextWriter output, string name, string text) => output.WriteLine($"  {name,-16} {text}");
}
