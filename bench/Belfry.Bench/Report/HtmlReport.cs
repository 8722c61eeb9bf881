using System.Globalization;
using System.Net;
using System.Text;
using System.Text.Json;

namespace Belfry.Bench.Report;

/// <summary>The report as one page that needs nothing else: figures, plots, and the raw data as JSON.</summary>
internal static class HtmlReport
{
    private const string Style = """
        body { font: 15px/1.5 system-ui, sans-serif; max-width: 1000px; margin: 2em auto; padding: 0 1em; color: #222; }
        h1 { font-size: 1.4em; } table { border-collapse: collapse; margin: 1em 0; }
        td, th { text-align: left; padding: .2em 1.2em .2em 0; border-bottom: 1px solid #ddd; vertical-align: top; }
        td { font-variant-numeric: tabular-nums; } svg { max-width: 100%; height: auto; } pre { overflow: auto; background: #f6f6f6; padding: 1em; }
        .held { color: #176b2c; } .broken { color: #b3261e; }
        """;

    public static string Of(RunReport report)
    {
        var html = new StringBuilder();
        html.Append(CultureInfo.InvariantCulture, $"<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\"><title>{Text(report.Scenario)} on {Text(report.Pipeline)}</title><style>{Style}</style></head><body>");
        html.Append(CultureInfo.InvariantCulture, $"<h1>{Text(report.Scenario)} on {Text(report.Pipeline)}: <span class=\"{(report.Held ? "held" : "broken")}\">{(report.Held ? "every promise held" : "not every promise held")}</span></h1>");
        var console = new StringWriter(CultureInfo.InvariantCulture);
        ConsoleReport.Write(console, report);
        html.Append(CultureInfo.InvariantCulture, $"<pre>{Text(console.ToString())}</pre>");
        AppendPlots(html, report);
        AppendTable(html, "Parameters", report.Parameters);
        AppendTable(html, "Machine", report.Machine);
        AppendTable(html, "Versions", report.Versions);
        var json = JsonSerializer.Serialize(report, ReportJson.Default.RunReport);
        html.Append(CultureInfo.InvariantCulture, $"<details><summary>Raw data</summary><pre>{Text(json)}</pre></details></body></html>");
        return html.ToString();
    }

    private static void AppendPlots(StringBuilder html, RunReport report)
    {
        if (report.Series.DeliveredPerS.Count > 1) html.Append(Plots.Rates(report.Series));
        if (report.Series.LatencyMs.Count > 1 && report.Replay is null) html.Append(Plots.Latencies(report.Series));
        if (report.Series.Percentiles.Count > 1) html.Append(Plots.Distribution(report.Series));
        if (report.CpuSPer1000.Values.Any(seconds => seconds > 0)) html.Append(Plots.Cpu(report.CpuSPer1000));
    }

    private static void AppendTable(StringBuilder html, string title, IReadOnlyDictionary<string, string> rows)
    {
        html.Append(CultureInfo.InvariantCulture, $"<h2>{title}</h2><table>");
        foreach (var (name, value) in rows) html.Append(CultureInfo.InvariantCulture, $"<tr><th>{Text(name)}</th><td>{Text(value)}</td></tr>");
        html.Append("</table>");
    }

    private static string Text(string text) => WebUtility.HtmlEncode(text);
}
