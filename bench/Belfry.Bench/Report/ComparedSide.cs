using System.Diagnostics;
using System.Globalization;
using System.Text.Json;

namespace Belfry.Bench.Report;

/// <summary>One of two builds that are compared: its runs, one after the other.</summary>
/// <param name="Name">In the table.</param>
/// <param name="Program">Its bench.</param>
internal sealed record ComparedSide(string Name, string Program)
{
    private static readonly (string Name, Func<RunReport, double> Of)[] Figures =
    [
        ("delivered/s", report => report.DeliveredPerS),
        ("p50 ms", report => report.LatencyMs.P50),
        ("p95 ms", report => report.LatencyMs.P95),
        ("p99 ms", report => report.LatencyMs.P99),
        ("CPU s/1,000 belfry", report => report.CpuSPer1000.GetValueOrDefault("belfry")),
        ("CPU s/1,000 postgres", report => report.CpuSPer1000.GetValueOrDefault("postgres")),
        ("CPU s belfry", report => report.CpuS.GetValueOrDefault("belfry")),
        ("CPU s postgres", report => report.CpuS.GetValueOrDefault("postgres")),
        ("memory MiB belfry", report => report.Memory.TryGetValue("belfry", out var memory) ? memory.RssBytes / 1024.0 / 1024 : 0),
    ];

    private readonly List<RunReport> _reports = [];

    /// <summary>One run; answers whether every promise held in it.</summary>
    public async Task<bool> RunAsync(IReadOnlyList<string> arguments, string json, CancellationToken ct)
    {
        using var process = Process.Start(new ProcessStartInfo(Program, [.. arguments, "--json", json]) { RedirectStandardOutput = true })!;
        await process.StandardOutput.ReadToEndAsync(ct);
        await process.WaitForExitAsync(ct);
        if (!File.Exists(json)) throw new BenchFailedException($"{Program} {string.Join(' ', arguments)} ended with {process.ExitCode} and without a report.");
        _reports.Add(JsonSerializer.Deserialize(await File.ReadAllTextAsync(json, ct), ReportJson.Default.RunReport)!);
        return process.ExitCode == 0;
    }

    public string DescribeLast() => string.Join(", ", Figures.Select(figure => string.Create(CultureInfo.InvariantCulture, $"{figure.Name} {figure.Of(_reports[^1]):0.###}")));

    /// <summary>A line for each figure: median, least and most of both, and the change of the median.</summary>
    public static void Write(TextWriter output, ComparedSide older, ComparedSide newer)
    {
        output.WriteLine($"{"",-22} {older.Name + " median",12} {"least",10} {"most",10}   {newer.Name + " median",12} {"least",10} {"most",10}   change");
        foreach (var (name, of) in Figures)
        {
            var (before, now) = (Spread.Of(older._reports.Select(of)), Spread.Of(newer._reports.Select(of)));
            var change = before.Median == 0 ? 0 : now.Median / before.Median - 1;
            output.WriteLine(string.Create(
                CultureInfo.InvariantCulture,
                $"{name,-22} {before.Median,12:0.###} {before.Least,10:0.###} {before.Most,10:0.###}   {now.Median,12:0.###} {now.Least,10:0.###} {now.Most,10:0.###}   {change:+0.0%;-0.0%;0.0%}"));
        }
    }
}

/// <summary>What several runs have come to.</summary>
internal readonly record struct Spread(double Median, double Least, double Most)
{
    public static Spread Of(IEnumerable<double> values)
    {
        var sorted = values.Order().ToList();
        return new Spread((sorted[(sorted.Count - 1) / 2] + sorted[sorted.Count / 2]) / 2, sorted[0], sorted[^1]);
    }
}
