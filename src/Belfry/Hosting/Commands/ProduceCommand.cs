using System.CommandLine;
using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using Belfry.Hosting.Producers;

namespace Belfry.Hosting.Commands;

/// <summary><c>belfry produce</c>: the three example services.</summary>
internal sealed class ProduceCommand : BelfryCommand
{
    private static readonly TimeSpan ProgressInterval = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    private readonly NumberOption _rate = new("--rate", "Events a second, of all three services together (default 1200).", 1, 1_000_000);
    private readonly NumberOption _users = new("--users", "How many users the events are for (default 1000).", 1, 100_000_000);
    private readonly Option<string> _prefix = new("--prefix") { Description = "What the users are called: <prefix>0, <prefix>1 and so on.", DefaultValueFactory = _ => "user-" };
    private readonly DurationOption _duration = new("--duration", "How long (default: until Ctrl-C).");
    private readonly UrlOption _url = new("--url", "Publish over HTTP to the server at this public address.");
    private readonly Option<string?> _apiKey = new("--api-key") { Description = "The publisher's key for --url. Others on this machine can see it; --api-key-file keeps it from them.", HelpName = "key" };
    private readonly Option<FileInfo> _apiKeyFile = new("--api-key-file") { Description = "A file that holds the publisher's key.", HelpName = "file" };
    private readonly Option<string?> _kafka = new("--kafka") { Description = "Publish to Kafka with these bootstrap servers.", HelpName = "host:port" };
    private readonly Option<string> _topic = new("--topic") { Description = "The topic for --kafka.", DefaultValueFactory = _ => "notification-events" };
    private readonly Option<string[]> _property = new("--property") { Description = "A librdkafka property for --kafka; may be repeated.", HelpName = "name=value" };
    private readonly Option<bool> _json = new("--json") { Description = "Print the result as JSON." };

    public ProduceCommand()
        : base(
            "produce",
            "Publishes events of three example services (jobs, connections, followers) at a fixed rate.",
            "belfry produce --url http://127.0.0.1:5080 --api-key \"$KEY\" --rate 1200 --users 1000 --duration 30s",
            "belfry produce --kafka localhost:9092 --topic notification-events --property security.protocol=ssl")
    {
        foreach (var option in new Option[] { _rate, _users, _prefix, _duration, _url, _apiKey, _apiKeyFile, _kafka, _topic, _property, _json }) Add(option);
        _apiKeyFile.AcceptExistingOnly();
        Validators.Add(result =>
        {
            var http = result.GetResult(_url) is not null;
            if (http == result.GetResult(_kafka) is not null) result.AddError("Say where to publish, with one of --url and --kafka.");
            else if (http && result.GetResult(_apiKey) is null == result.GetResult(_apiKeyFile) is null) result.AddError("--url needs one of --api-key and --api-key-file.");
        });
        _property.Validators.Add(result =>
        {
            if (result.Tokens.Any(token => token.Value.IndexOf('=', StringComparison.Ordinal) < 1)) result.AddError("--property is name=value.");
        });
        SetAction(RunAsync);
    }

    private async Task<int> RunAsync(ParseResult parsed, CancellationToken ct)
    {
        var time = TimeProvider.System;
        var streams = parsed.InvocationConfiguration;
        await using var sink = await OpenAsync(parsed, time, ct);
        var fleet = new ProducerFleet(parsed.GetValue(_rate) ?? 1200, new UserRange(parsed.GetRequiredValue(_prefix), parsed.GetValue(_users) ?? 1000), topics: null, sink, time);

        using var stop = CancellationTokenSource.CreateLinkedTokenSource(ct);
        if (parsed.GetValue(_duration) is { } duration) stop.CancelAfter(duration);
        using var over = new CancellationTokenSource();
        var started = Stopwatch.GetTimestamp();
        var progress = ReportAsync(fleet.Stats, streams.Error, time, over.Token);
        try
        {
            await fleet.RunAsync(Patience, stop.Token);
        }
        catch (SinkRefusedException e)
        {
            throw new CommandException(e.Message, CommandLine.Failed);
        }
        finally
        {
            await over.CancelAsync();
            await progress;
        }

        return Conclude(fleet.Stats, Stopwatch.GetElapsedTime(started), streams.Output, parsed.GetValue(_json));
    }

    private async Task<IEventSink> OpenAsync(ParseResult parsed, TimeProvider time, CancellationToken ct)
    {
        if (parsed.GetValue(_url) is { } server)
        {
            var key = parsed.GetValue(_apiKey) ?? (await File.ReadAllTextAsync(parsed.GetValue(_apiKeyFile)!.FullName, ct)).Trim();
            return new HttpSink(server, key);
        }

        var properties = (parsed.GetValue(_property) ?? []).Select(p => p.Split('=', 2)).Select(p => KeyValuePair.Create(p[0], p[1]));
        try
        {
            return new KafkaSink(parsed.GetValue(_kafka)!, parsed.GetRequiredValue(_topic), properties, time);
        }
        catch (InvalidOperationException e)
        {
            throw new CommandException(e.Message, CommandLine.WrongUsage);
        }
    }

    private static async Task ReportAsync(ProducerStats stats, TextWriter error, TimeProvider time, CancellationToken over)
    {
        using var timer = new PeriodicTimer(ProgressInterval, time);
        var (started, before) = (Stopwatch.GetTimestamp(), 0L);
        try
        {
            while (await timer.WaitForNextTickAsync(over))
            {
                var accepted = stats.Accepted;
                var trouble = stats.Retries + stats.Rejected > 0 ? $"  retries {stats.Retries:N0}  ({stats.LastTrouble})" : "";
                await error.WriteLineAsync(string.Create(
                    CultureInfo.InvariantCulture,
                    $"{Stopwatch.GetElapsedTime(started).TotalSeconds,7:0.0} s  offered {stats.Offered:N0}  accepted {accepted:N0} ({(accepted - before) / ProgressInterval.TotalSeconds:N0}/s)  rejected {stats.Rejected:N0}  open {stats.Open:N0}{trouble}"));
                before = accepted;
            }
        }
        catch (OperationCanceledException) when (over.IsCancellationRequested)
        {
            // The producers have ended.
        }
    }

    private static int Conclude(ProducerStats stats, TimeSpan elapsed, TextWriter output, bool json)
    {
        var rate = Math.Round(stats.Accepted / elapsed.TotalSeconds, 1);
        output.WriteLine(json
            ? JsonSerializer.Serialize(new { offered = stats.Offered, accepted = stats.Accepted, rejected = stats.Rejected, open = stats.Open, retries = stats.Retries, accepted_per_s = rate })
            : string.Create(CultureInfo.InvariantCulture, $"offered {stats.Offered:N0}  accepted {stats.Accepted:N0} ({rate:N1}/s)  rejected {stats.Rejected:N0}  unanswered {stats.Open:N0}"));
        return stats.Accepted == stats.Offered ? CommandLine.Done : CommandLine.Failed;
    }
}
