using System.Globalization;

namespace Belfry.Bench.Scenarios.Chaos;

/// <summary>The report for a person at a terminal.</summary>
internal static class ChaosReportText
{
    private const string Rule = "────────────────────────────────────────────────────────────────────────";

    public static void Write(TextWriter output, ChaosReport report)
    {
        output.WriteLine(Rule);
        output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"chaos, seed {report.Seed}, {report.Minutes:0.##} minutes: {(report.Held ? "every promise held" : "NOT EVERY PROMISE HELD")}"));
        output.WriteLine(Rule);
        foreach (var fault in report.Schedule) output.WriteLine($"  {fault}");
        Line(output, "Faults", string.Join(", ", report.Faults.Select(fault => $"{fault.Key} {fault.Value}")));
        Line(output, "Away s", string.Join(", ", report.AwayS.Select(away => string.Create(CultureInfo.InvariantCulture, $"{away.Key} {away.Value:0.0}"))));
        Line(output, "Published", $"{report.Published:N0} events, {report.SentTwice:N0} of them twice; HTTP sent {report.HttpRetries:N0} requests again");
        Line(output, "Acknowledged", $"{report.Acknowledged:N0} (Kafka {report.AcknowledgedByKafka:N0} and {report.Maybe:N0} maybe, HTTP {report.AcknowledgedByHttp:N0}, {report.AnsweredAsDuplicates:N0} of them as duplicates)");
        Line(output, "Stored", $"{report.Stored:N0}, {report.StoredUnacknowledged:N0} of them not acknowledged; Kafka's end {report.KafkaEnd:N0}, stored offsets {report.KafkaStored:N0}");
        Line(output, "Received", $"{report.Received:N0} of {report.Due:N0}");
        Line(output, "Streams", $"{report.Connections:N0} open at the end; {report.Reconnects:N0} reconnects, {report.FailedConnects:N0} failed, {report.SilentStreams:N0} fell silent, {report.Byes:N0} byes, {report.Leaves:N0} left by themselves; longest without one {report.LongestWithoutStreamS:0.0} s");
        Line(output, "Latency ms", $"p50 {report.LatencyMs.P50:N1}, p95 {report.LatencyMs.P95:N1}, p99 {report.LatencyMs.P99:N1}, max {report.LatencyMs.Max:N1}; drained in {report.DrainS:0.0} s");
        Line(output, "Checked", $"lost {report.Lost:N0}, duplicates {report.Duplicates:N0}, gaps {report.Gaps:N0}, disorder {report.Disorder:N0}, foreign {report.Foreign:N0}, phantoms {report.Phantoms:N0}, resets {report.Resets:N0}, refused {report.Refused:N0}");
        foreach (var finding in report.Findings) output.WriteLine($"  ! {finding}");
        foreach (var wrong in report.Wrong) output.WriteLine($"  ! {wrong}");
        Line(output, "Logs", report.Logs);
        output.WriteLine(Rule);
    }

    private static void Line(TextWriter output, string name, string text) => output.WriteLine($"  {name,-16} {text}");
}
