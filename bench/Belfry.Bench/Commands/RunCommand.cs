using System.CommandLine;
using System.Text.Json;
using Belfry.Bench.Report;
using Belfry.Bench.Scenarios;

namespace Belfry.Bench.Commands;

/// <summary><c>run &lt;scenario&gt;</c>: starts what is needed, measures, prints, writes.</summary>
internal sealed class RunCommand : Command
{
    private readonly RunSyntax _syntax = new();

    public RunCommand()
        : base("run", "Runs one scenario. What is not given (PostgreSQL, Kafka) is started for the run and thrown away. Example: run live --rate 1200 --duration 30s --html report.html")
    {
        // A command of its own beside the scenarios: it has other servers, other options and another report.
        Add(new ChaosCommand());
        _syntax.AddTo(this);
        SetAction(RunAsync);
    }

    private async Task<int> RunAsync(ParseResult parsed, CancellationToken ct)
    {
        var options = _syntax.Read(parsed);
        var progress = new Progress(parsed.InvocationConfiguration.Error);
        var report = await RunAsync(options, progress, ct);

        ConsoleReport.Write(parsed.InvocationConfiguration.Output, report);
        if (options.JsonFile is { } json)
        {
            await File.WriteAllTextAsync(json, JsonSerializer.Serialize(report, ReportJson.Default.RunReport), ct);
            progress.Say($"wrote {Path.GetFullPath(json)}");
        }

        if (options.HtmlFile is { } html)
        {
            await File.WriteAllTextAsync(html, HtmlReport.Of(report), ct);
            progress.Say($"wrote {Path.GetFullPath(html)}");
        }

        return report.Held ? BenchCommandLine.Held : BenchCommandLine.Failed;
    }

    private static async Task<RunReport> RunAsync(RunOptions options, Progress progress, CancellationToken ct)
    {
        await using var run = await Run.StartAsync(options, progress, ct);
        return await Scenario.All.Single(scenario => scenario.Name == options.Scenario).RunAsync(run, ct);
    }
}
