using System.CommandLine;
using System.Text.Json;
using Belfry.Bench.Producers;
using Belfry.Bench.Report;
using Belfry.Bench.Scenarios;
using Belfry.Bench.Scenarios.Chaos;

namespace Belfry.Bench.Commands;

/// <summary><c>run chaos</c>: several instances under faults of a seeded schedule; exit code 1 when a promise is broken.</summary>
internal sealed class ChaosCommand : Command
{
    private static readonly ChaosOptions Defaults = new();

    private readonly Option<double> _minutes = new("--minutes") { Description = "How long, with the quiet end.", HelpName = "n", DefaultValueFactory = _ => Defaults.Duration.TotalMinutes };
    private readonly Option<int> _seed = new("--seed") { Description = "Of the schedule: the same seed makes the same faults at the same times.", HelpName = "n", DefaultValueFactory = _ => Defaults.Seed };
    private readonly Option<int> _instances = new("--instances") { Description = "Instances of the service on one PostgreSQL.", HelpName = "n", DefaultValueFactory = _ => Defaults.Instances };
    private readonly Option<double> _rate = new("--rate") { Description = "Events a second, half by Kafka and half by HTTP.", HelpName = "n", DefaultValueFactory = _ => Defaults.Rate };
    private readonly Option<int> _connections = new("--connections") { Description = "Streams; a user has none, one or two.", HelpName = "n", DefaultValueFactory = _ => Defaults.Connections };
    private readonly Option<int> _users = new("--users") { Description = "Users that events are for.", HelpName = "n", DefaultValueFactory = _ => Defaults.Users };
    private readonly Option<int> _payload = new("--payload") { Description = "Size of an event's payload in bytes.", HelpName = "n", DefaultValueFactory = _ => Defaults.Payload };
    private readonly Option<string> _wakeUps = new("--wake-ups") { Description = "How instances wake each other.", DefaultValueFactory = _ => "postgres" };
    private readonly Option<string?> _logs = new("--logs") { Description = "Folder in which the logs of all servers are kept (default: one in artifacts/chaos).", HelpName = "folder" };
    private readonly Option<string[]> _settings = RunSyntax.Pairs("--set", "A setting of the instances, as its environment variable. May be given several times.");
    private readonly Option<string?> _json = new("--json") { Description = "Write all figures to this file.", HelpName = "file" };

    public ChaosCommand()
        : base("chaos", "Kills, freezes and cuts off instances, PostgreSQL and Kafka, while events come in and clients come and go, and compares what was acknowledged, stored and received. Example: run chaos --minutes 10 --seed 7")
    {
        _wakeUps.AcceptOnlyFromAmong("postgres", "redis");
        foreach (var option in new Option[] { _minutes, _seed, _instances, _rate, _connections, _users, _payload, _wakeUps, _logs, _settings, _json }) Add(option);
        Validators.Add(result =>
        {
            if (result.GetValue(_minutes) is not (>= 0.5 and <= 24 * 60)) result.AddError("--minutes is a number from 0.5 to 1440.");
            if (result.GetValue(_instances) is not (>= 2 and <= 10)) result.AddError("--instances is a whole number from 2 to 10.");
            if (result.GetValue(_rate) is not (>= 1 and <= 1_000_000)) result.AddError("--rate is a number from 1 to 1000000.");
            if (result.GetValue(_users) is not (>= 1 and <= 1_000_000)) result.AddError("--users is a whole number from 1 to 1000000.");
            if (result.GetValue(_payload) is not (>= EventWriter.MinPayloadBytes and <= 64 * 1024)) result.AddError($"--payload is a whole number from {EventWriter.MinPayloadBytes} to 65536.");
            if (result.GetValue(_connections) is var streams && (streams < 1 || streams > Visitors.MostEach * result.GetValue(_users))) result.AddError($"--connections is a whole number from 1 to {Visitors.MostEach} for each user.");
        });
        SetAction(RunAsync);
    }

    private async Task<int> RunAsync(ParseResult parsed, CancellationToken ct)
    {
        var progress = new Progress(parsed.InvocationConfiguration.Error);
        var options = new ChaosOptions
        {
            Duration = TimeSpan.FromMinutes(parsed.GetValue(_minutes)),
            Seed = parsed.GetValue(_seed),
            Instances = parsed.GetValue(_instances),
            Rate = parsed.GetValue(_rate),
            Connections = parsed.GetValue(_connections),
            Users = parsed.GetValue(_users),
            Payload = parsed.GetValue(_payload),
            Redis = parsed.GetValue(_wakeUps) == "redis",
            Settings = RunSyntax.ReadPairs(parsed.GetValue(_settings)),
            Logs = parsed.GetValue(_logs),
            JsonFile = parsed.GetValue(_json),
        };
        var report = await ChaosRun.RunAsync(options, progress, ct);
        ChaosReportText.Write(parsed.InvocationConfiguration.Output, report);
        if (options.JsonFile is { } json)
        {
            await File.WriteAllTextAsync(json, JsonSerializer.Serialize(report, ReportJson.Default.ChaosReport), ct);
            progress.Say($"wrote {Path.GetFullPath(json)}");
        }

        return report.Held ? BenchCommandLine.Held : BenchCommandLine.Failed;
    }
}
