using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;
using Belfry.Bench.Producers;
using Belfry.Bench.Scenarios;
using Belfry.Bench.Topology;

namespace Belfry.Bench.Commands;

/// <summary>The argument and the options of <c>run</c>.</summary>
internal sealed class RunSyntax
{
    public const int MaxPayload = 64 * 1024;

    private const string Max = "max";

    private readonly Argument<string> _scenario = new("scenario") { Description = string.Join("; ", Scenario.All.Select(scenario => $"{scenario.Name}: {scenario.Description}")) };
    private readonly Option<int?> _connections = Number("--connections", "Streams to open, one for each user in turn (default 1000; fanout: 100; idle: 10000).", 1, 1_000_000);
    private readonly Option<int?> _users = Number("--users", "Users that events are for; the first of them have the streams (default: as many as connections).", 1, 5_000_000);
    private readonly Option<int?> _instances = Number("--instances", "Instances of the system on one store, with the streams spread over them (default 1; restarts: 3).", 1, 8);
    private readonly Option<bool> _apart = new("--apart") { Description = "Events come in at the first instance, streams are at the others." };
    private readonly Option<string?> _rate = new("--rate") { Description = "Events a second, or max: find the highest that holds (default 1200; fanout: 100).", HelpName = "n|max" };
    private readonly Option<string> _mix = new("--mix") { Description = "Whom events are for: users, or also topics (the followers service's, a third of all, by the work queue).", DefaultValueFactory = _ => "users" };
    private readonly Option<bool> _hold = new("--hold-transaction") { Description = "live: a transaction with a snapshot stays open in PostgreSQL all the while." };
    private readonly DurationOption _duration = new("--duration", "How long is measured (default 60s; idle: 35s).");
    private readonly DurationOption _warmUp = new("--warm-up", "How long the load runs before that (default 3s).");
    private readonly Option<int?> _notifications = Number("--notifications", "replay: how many wait for each user (default 1000).", 1, 1_000_000);
    private readonly Option<int?> _members = Number("--members", "fanout: how many members the topic has (default 1000000).", 1, 10_000_000);
    private readonly Option<int?> _kills = Number("--kills", "fanout: how often the server is killed in between (default 2).", 0, 20);
    private readonly Option<int?> _payload = Number("--payload", "Size of an event's payload in bytes (default 250).", EventWriter.MinPayloadBytes, MaxPayload);
    private readonly DurationOption _maxP99 = new("--max-p99", "With --rate max: the latency up to which a rate holds (default 1s).");
    private readonly Option<string> _pipeline = new("--pipeline") { Description = "The system to measure.", DefaultValueFactory = _ => Pipeline.Belfry.Name };
    private readonly Option<string> _store = new("--store") { Description = "What keeps the mailboxes.", DefaultValueFactory = _ => "postgres" };
    private readonly Option<string?> _via = new("--via") { Description = "How events come in (default kafka; fanout: http).", HelpName = "kafka|http" };
    private readonly Option<string?> _postgres = new("--postgres") { Description = "Connection string of a PostgreSQL to use in place of a throw-away one." };
    private readonly Option<string?> _kafka = new("--kafka") { Description = "Bootstrap servers of a Kafka to use in place of a throw-away one." };
    private readonly Option<string[]> _settings = Pairs("--set", "A setting of the server, as its environment variable. May be given several times.");
    private readonly Option<string[]> _producer = Pairs("--producer", "A property of librdkafka for the producer, such as linger.ms=5. May be given several times.");
    private readonly Option<string?> _json = new("--json") { Description = "Write all figures to this file." };
    private readonly Option<string?> _html = new("--html") { Description = "Write a page with plots to this file." };

    public RunSyntax()
    {
        _scenario.AcceptOnlyFromAmong([.. Scenario.All.Select(scenario => scenario.Name)]);
        _pipeline.AcceptOnlyFromAmong([.. Pipeline.All.Select(pipeline => pipeline.Name)]);
        _store.AcceptOnlyFromAmong("postgres", "sqlite");
        _via.AcceptOnlyFromAmong("kafka", "http");
        _mix.AcceptOnlyFromAmong("users", "topics");
        _rate.Validators.Add(result =>
        {
            if (result.GetValueOrDefault<string?>() is { } rate && rate != Max && ReadRate(rate) is null) result.AddError("--rate is a number above 0, or max.");
        });
    }

    public void AddTo(Command command)
    {
        command.Add(_scenario);
        foreach (var option in new Option[]
        {
            _connections, _users, _instances, _apart, _rate, _mix, _hold, _duration, _warmUp, _notifications, _members, _kills, _payload, _maxP99, _pipeline, _store, _via, _postgres, _kafka, _settings, _producer, _json, _html,
        })
        {
            command.Add(option);
        }

        command.Validators.Add(Check);
    }

    public RunOptions Read(ParseResult parsed)
    {
        var scenario = Scenario.All.Single(scenario => scenario.Name == parsed.GetValue(_scenario));
        var defaults = new RunOptions { Scenario = scenario.Name };
        var connections = parsed.GetValue(_connections) ?? scenario.DefaultConnections;
        return defaults with
        {
            Connections = connections,
            Users = parsed.GetValue(_users) ?? connections,
            Instances = parsed.GetValue(_instances) ?? scenario.DefaultInstances,
            Apart = parsed.GetValue(_apart),
            Rate = ReadRate(parsed.GetValue(_rate) ?? scenario.DefaultRate),
            FollowersByTopic = parsed.GetValue(_mix) == "topics",
            HoldTransaction = parsed.GetValue(_hold),
            Duration = parsed.GetValue(_duration) ?? scenario.DefaultDuration,
            WarmUp = parsed.GetValue(_warmUp) ?? defaults.WarmUp,
            Notifications = parsed.GetValue(_notifications) ?? defaults.Notifications,
            Members = parsed.GetValue(_members) ?? defaults.Members,
            Kills = parsed.GetValue(_kills) ?? defaults.Kills,
            Payload = parsed.GetValue(_payload) ?? defaults.Payload,
            MaxP99 = parsed.GetValue(_maxP99) ?? defaults.MaxP99,
            Pipeline = Pipeline.All.Single(pipeline => pipeline.Name == parsed.GetValue(_pipeline)),
            Store = Enum.Parse<StoreKind>(parsed.GetValue(_store)!, ignoreCase: true),
            Via = scenario.Publishes ? Enum.Parse<WayIn>(parsed.GetValue(_via) ?? scenario.DefaultVia, ignoreCase: true) : WayIn.None,
            Postgres = parsed.GetValue(_postgres),
            Kafka = parsed.GetValue(_kafka),
            Settings = ReadPairs(parsed.GetValue(_settings)),
            Producer = ReadPairs(parsed.GetValue(_producer)),
            JsonFile = parsed.GetValue(_json),
            HtmlFile = parsed.GetValue(_html),
        };
    }

    private void Check(CommandResult result)
    {
        var pipeline = Pipeline.All.FirstOrDefault(pipeline => pipeline.Name == result.GetValue(_pipeline));
        if (pipeline is null) return;
        if (!pipeline.TakesHttp && result.GetValue(_via) == "http") result.AddError($"{pipeline.Name} takes events from Kafka only.");
        if (!pipeline.IsBelfry && result.GetValue(_store) == "sqlite") result.AddError($"{pipeline.Name} has no SQLite.");
        if (!pipeline.IsBelfry && result.GetValue(_mix) == "topics") result.AddError($"{pipeline.Name} has no topics.");
        if (result.GetValue(_apart) && (result.GetValue(_instances) ?? 1) < 2) result.AddError("--apart takes --instances of 2 or more.");
        if (result.GetValue(_instances) > 1 && result.GetValue(_store) == "sqlite") result.AddError("Several instances share a PostgreSQL.");
        if (result.GetValue(_hold) && (result.GetValue(_scenario) != LiveScenario.ScenarioName || result.GetValue(_store) == "sqlite" || !pipeline.IsBelfry))
        {
            result.AddError("--hold-transaction is for live, with Belfry on PostgreSQL.");
        }

        if (result.GetValue(_scenario) != FanOutScenario.ScenarioName) return;
        if (!pipeline.IsBelfry) result.AddError($"{pipeline.Name} has no topics.");
        if (result.GetValue(_store) != "postgres") result.AddError("fanout is measured on PostgreSQL.");
        if (result.GetValue(_rate) == Max) result.AddError("fanout has single events at a rate beside it, not max.");
    }

    private static double? ReadRate(string text) =>
        double.TryParse(text, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var rate) && rate > 0 ? rate : null;

    public static Dictionary<string, string> ReadPairs(string[]? pairs) =>
        (pairs ?? []).Select(pair => pair.Split('=', 2)).ToDictionary(pair => pair[0], pair => pair[1]);

    public static Option<string[]> Pairs(string name, string description)
    {
        var option = new Option<string[]>(name) { Description = description, HelpName = "name=value" };
        option.Validators.Add(result =>
        {
            foreach (var token in result.Tokens.Where(token => token.Value.IndexOf('=', StringComparison.Ordinal) < 1)) result.AddError($"'{token.Value}' is not of the form name=value.");
        });
        return option;
    }

    public static Option<int?> Number(string name, string description, int min, int max)
    {
        var option = new Option<int?>(name) { Description = description, HelpName = "n" };
        option.Validators.Add(result =>
        {
            if (result.GetValueOrDefault<int?>() is { } value && (value < min || value > max)) result.AddError($"{name} is a whole number from {min} to {max}.");
        });
        return option;
    }
}
