using System.Text.Json;
using Belfry.Bench.Report;
using Belfry.Bench.Scenarios;

namespace Belfry.Tests.Bench.Report;

public sealed class RunReportTests
{
    private static readonly string[] Promised =
    [
        "scenario", "pipeline", "offered_per_s", "stored_per_s", "delivered_per_s", "delivery_ratio", "lost", "duplicates", "gaps", "disorder",
        "foreign", "connections", "failed", "reconnects", "latency_ms", "cpu_s_per_1000", "network", "kafka", "status",
    ];

    private static readonly RunReport Empty = new()
    {
        Scenario = "live",
        Pipeline = "belfry",
        Parameters = new Dictionary<string, string> { ["connections"] = "1" },
        Machine = new Dictionary<string, string> { ["cpu"] = "some", ["cores"] = "2" },
        Versions = new Dictionary<string, string> { ["store"] = "PostgreSQL" },
        Commit = "abc",
    };

    [Fact]
    public void The_json_has_all_promised_names_at_its_top()
    {
        var json = Json(Empty);

        Assert.All(Promised, name => Assert.True(json.TryGetProperty(name, out _), name));
    }

    [Fact]
    public void Latencies_and_kafka_have_their_promised_names()
    {
        var json = Json(Empty);

        Assert.Equal(["min", "p50", "p95", "p99", "p999", "max"], json.GetProperty("latency_ms").EnumerateObject().Select(member => member.Name));
        Assert.Equal(["produced", "consumed", "lag"], json.GetProperty("kafka").EnumerateObject().Select(member => member.Name));
    }

    [Fact]
    public void No_number_is_null()
    {
        var report = Empty with { Probes = [new Probe("probe", 1, true, "", 1, 1, 0)], Idle = new IdleReport(1, 1, 1, 1, 1) };

        Assert.DoesNotContain("null", JsonSerializer.Serialize(report, ReportJson.Default.RunReport), StringComparison.Ordinal);
    }

    [Fact]
    public void The_page_has_the_plots_and_escapes_what_it_was_given()
    {
        var html = HtmlReport.Of(Empty with
        {
            Findings = ["<script>"],
            CpuSPer1000 = new Dictionary<string, double> { ["belfry"] = 0.1 },
            Series = new SeriesReport
            {
                OfferedPerS = [1, 2],
                StoredPerS = [1, 2],
                DeliveredPerS = [1, 2],
                LatencyStepS = 1,
                LatencyMs = [new LatencyReport { P50 = 1 }, new LatencyReport { P50 = 2 }],
                Percentiles = [new PercentileReport(50, 1), new PercentileReport(99, 2), new PercentileReport(100, 3)],
            },
        });

        Assert.Equal(4, html.Split("<svg").Length - 1);
        Assert.DoesNotContain("<script>", html, StringComparison.Ordinal);
    }

    private static JsonElement Json(RunReport report) => JsonDocument.Parse(JsonSerializer.Serialize(report, ReportJson.Default.RunReport)).RootElement;
}
