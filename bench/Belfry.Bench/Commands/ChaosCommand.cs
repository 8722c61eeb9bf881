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

    private readonly Option<double?> _minutes = Number("--minutes", "How long, with the quiet end (default 10).", 0.1, 24 * 60);
    private readonly Option<int?> _seed = RunSyntax.Number("--seed", "Of the schedule: the same seed makes the same faults at the same times (default 1).", 0, int.MaxValue);
    private readonly Option<int?> _instances = RunSyntax.Number("--instances", "Instances of the service on one PostgreSQL (default 3).", 2, 10);
    private readonly Option<double?> _rate = Number("--rate", "Events a second, half by Kafka and half by HTTP (default 2000).", 1, 1_000_000);
    private readonly Option<int?> _connections = RunSyntax.Number("--connections", "Streams; a user has none, one or two (default 300).", 1, 1_000_000);
    private readonly Option<int?> _users = RunSyntax.Number("--users", "Users that events are for (default 1000).", 1, 1_000_000);
    private readonly Option<int?> _payload = RunSyntax.Number("--payload", "Size of an event's payload in bytes (default 250).", EventWriter.MinPayloadBytes, RunSyntax.MaxPayload);
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
            var (streams, users) = (result.GetValue(_connections) ?? Defaults.Connections, result.GetValue(_users) ?? Defaults.Users);
            if (streams > Visitors.MostEach * users) result.AddError($"--connections is at most {Visitors.MostEach} for each of --users.");
        });
        SetAction(RunAsync);
    }

    private async Task<int> RunAsync(ParseResult parsed, CancellationToken ct)
    {
        var progress = new Progress(parsed.InvocationConfiguration.Error);
        var options = new ChaosOptions
        {
            Duration = parsed.GetValue(_minutes) is { } minutes ? TimeSpan.FromMinutes(minutes) : Defaults.Duration,
            Seed = parsed.GetValue(_seed) ?? Defaults.Seed,
            Instances = parsed.GetValue(_instances) ?? Defaults.Instances,
            Rate = parsed.GetValue(_rate) ?? Defaults.Rate,
            Connections = parsed.GetValue(_connections) ?? Defaults.Connections,
            Users = parsed.GetValue(_users) ?? Defaults.Users,
            Payload = parsed.GetValue(_payload) ?? Defaults.Payload,
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

    private static Option<double?> Number(string name, string description, double min, double max)
    {
        var option = new Option<double?>(name) { Description = description, HelpName = "n" };
        option.Validators.Add(result =>
        {
            if (result.GetValueOrDefault<double?>() is { } value && !(value >= min && value <= max)) result.AddError($"{name} is a number from {min} to {max}.");
        });
        return option;
    }
}
