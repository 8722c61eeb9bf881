using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;
using Belfry.Ingest.Kafka;
using Belfry.Mailboxes;
using Belfry.Settings;
using Microsoft.Extensions.Options;

namespace Belfry.Hosting.Commands;

/// <summary><c>belfry offsets</c>: how far Kafka has been consumed, by the positions that are stored with the notifications.</summary>
internal sealed class OffsetsCommand : StoreCommand
{
    private readonly Option<PartitionTarget[]> _set = new("--set")
    {
        Description = "Go on at this offset in this partition. May be given several times.",
        HelpName = "topic/partition=offset",
        AllowMultipleArgumentsPerToken = true,
        CustomParser = ParseTargets,
    };

    private readonly Option<string?> _rewind = new("--rewind")
    {
        Description = "Go back to the oldest record of every partition of this topic. What is stored already is recognised by its id, for at least 7 days.",
        HelpName = "topic",
    };

    private readonly Option<bool> _json = new("--json") { Description = "Print a JSON array." };

    public OffsetsCommand()
        : base(
            "offsets",
            "Prints how far each partition has been consumed, and the lag where Kafka answers; or sets it. Running servers follow within seconds.",
            "belfry offsets",
            "belfry offsets --set notification-events/3=120000",
            "belfry offsets --rewind notification-events")
    {
        Add(_set);
        Add(_rewind);
        Add(_json);
        Validators.Add(result =>
        {
            if (result.GetResult(_set) is not null && result.GetResult(_rewind) is not null) result.AddError("Give --set or --rewind, not both.");
        });
        SetAction(RunAsync);
    }

    private Task<int> RunAsync(ParseResult parsed, CancellationToken ct) => UseServicesAsync(async services =>
    {
        var store = services.GetRequiredService<IMailboxStore>();
        var options = services.GetRequiredService<IOptions<KafkaOptions>>().Value;
        using var kafka = Connect(services.GetRequiredService<IOptions<ConnectionStrings>>().Value, options);

        await store.OpenAsync(ct);
        foreach (var (topic, partition, offset) in parsed.GetValue(_set) ?? RewindTargets(parsed.GetValue(_rewind), kafka))
        {
            await store.SetOffsetAsync(new PartitionKey(options.Cluster, options.GroupId, topic, partition), offset, ct);
        }

        var lines = (await store.ListOffsetsAsync(ct)).Select(position => Describe(position.Partition, position.Next, options.Cluster, kafka)).ToList();
        var output = parsed.InvocationConfiguration.Output;
        if (parsed.GetValue(_json)) await output.WriteLineAsync(JsonSerializer.Serialize(lines, OffsetsJson.Default.ListOffsetLine));
        else WriteTable(output, lines);
        return CommandLine.Done;
    });

    private static PartitionEnds? Connect(ConnectionStrings connections, KafkaOptions options) =>
        !string.IsNullOrEmpty(connections.Kafka) && PartitionEnds.TryConnect(connections.Kafka, options, out var ends) ? ends : null;

    private static PartitionTarget[] RewindTargets(string? topic, PartitionEnds? kafka)
    {
        if (topic is null) return [];
        if (kafka is null) throw new CommandException("Kafka is asked for the oldest records, and does not answer. Set ConnectionStrings__Kafka, or use --set.", CommandLine.Failed);

        var partitions = kafka.ListPartitions(topic);
        if (partitions.Count == 0) throw new CommandException($"Kafka has no topic '{topic}'.", CommandLine.Failed);
        return
        [
            .. partitions.Select(partition => kafka.Find(topic, partition) is { } ends
                ? new PartitionTarget(topic, partition, ends.Oldest)
                : throw new CommandException($"Kafka does not say where {topic}/{partition} begins. Nothing was changed.", CommandLine.Failed)),
        ];
    }

    private static OffsetLine Describe(PartitionKey key, long next, string cluster, PartitionEnds? kafka)
    {
        // Another cluster's partitions are not to be asked for here.
        var ends = key.Cluster == cluster ? kafka?.Find(key.Topic, key.Partition) : null;
        long? lag = ends is { } known ? Math.Max(0, known.End - Math.Max(next, known.Oldest)) : null;
        return new OffsetLine(key.Cluster, key.Group, key.Topic, key.Partition, next < 0 ? null : next, ends?.Oldest, ends?.End, lag);
    }

    private static void WriteTable(TextWriter output, List<OffsetLine> lines)
    {
        if (lines.Count == 0)
        {
            output.WriteLine("Nothing has been consumed yet.");
            return;
        }

        string[][] rows =
        [
            ["CLUSTER", "GROUP", "TOPIC", "PARTITION", "NEXT", "OLDEST", "END", "LAG"],
            .. lines.Select(l => (string[])[l.Cluster, l.Group, l.Topic, Show(l.Partition), Show(l.Next), Show(l.Oldest), Show(l.End), Show(l.Lag)]),
        ];
        var widths = Enumerable.Range(0, rows[0].Length).Select(column => rows.Max(row => row[column].Length)).ToArray();

        // Names to the left, numbers to the right.
        foreach (var row in rows) output.WriteLine(string.Join("  ", row.Select((cell, n) => n < 3 ? cell.PadRight(widths[n]) : cell.PadLeft(widths[n]))).TrimEnd());

        static string Show(long? number) => number?.ToString(CultureInfo.InvariantCulture) ?? "-";
    }

    private static PartitionTarget[] ParseTargets(ArgumentResult result)
    {
        var targets = new List<PartitionTarget>();
        foreach (var token in result.Tokens)
        {
            if (PartitionTarget.TryParse(token.Value, out var target)) targets.Add(target);
            else result.AddError($"'{token.Value}' is not of the form topic/partition=offset, as in notification-events/3=120000.");
        }

        return [.. targets];
    }
}

/// <summary>Where a partition is to go on.</summary>
internal sealed record PartitionTarget(string Topic, int Partition, long Offset)
{
    public static bool TryParse(string text, out PartitionTarget target)
    {
        target = new PartitionTarget("", 0, 0);
        var slash = text.LastIndexOf('/');
        var equals = text.LastIndexOf('=');
        if (slash < 1 || equals < slash) return false;
        if (!int.TryParse(text.AsSpan((slash + 1)..equals), NumberStyles.None, CultureInfo.InvariantCulture, out var partition)) return false;
        if (!long.TryParse(text.AsSpan((equals + 1)..), NumberStyles.None, CultureInfo.InvariantCulture, out var offset)) return false;

        target = new PartitionTarget(text[..slash], partition, offset);
        return true;
    }
}

/// <summary>One partition as <c>belfry offsets</c> prints it.</summary>
/// <param name="Next">The next offset to be consumed; null: nothing of it has been.</param>
/// <param name="Oldest">The oldest record in Kafka; null when Kafka did not say.</param>
/// <param name="End">The next offset to be written.</param>
/// <param name="Lag">Records that are not stored yet.</param>
internal sealed record OffsetLine(string Cluster, string Group, string Topic, int Partition, long? Next, long? Oldest, long? End, long? Lag);

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, WriteIndented = true)]
[JsonSerializable(typeof(List<OffsetLine>))]
internal sealed partial class OffsetsJson : JsonSerializerContext;
