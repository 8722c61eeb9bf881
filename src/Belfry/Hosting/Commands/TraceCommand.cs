using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using Belfry.Contracts;
using Belfry.Mailboxes;
using Belfry.Work.Trace;

namespace Belfry.Hosting.Commands;

/// <summary><c>belfry trace</c>: where an event is.</summary>
internal sealed class TraceCommand : StoreCommand
{
    private const int DefaultLimit = 50;

    private readonly Argument<string> _source = new("source") { Description = "The event's source: as it was published, else the API key's name or the Kafka topic." };

    private readonly Argument<string> _id = new("id") { Description = "The event's id; of a Kafka record without one topic/partition/offset." };

    private readonly NumberOption _limit = new("--limit", "How many mailboxes are shown (default 50).", 1, 10_000);

    private readonly Option<bool> _json = new("--json") { Description = "Print a JSON object." };

    public TraceCommand()
        : base(
            "trace",
            "Tells where an event is: the mailboxes that have it and whether it was delivered, its tasks and their attempts, its dead letters.",
            "belfry trace job-service 0197f2a0-5f3c-7b1e-9a53-3f2f0d5f8a10",
            "belfry trace notification-events notification-events/3/120000 --json")
    {
        Add(_source);
        Add(_id);
        Add(_limit);
        Add(_json);
        SetAction(RunAsync);
    }

    private Task<int> RunAsync(ParseResult parsed, CancellationToken ct) => UseServicesAsync(async services =>
    {
        await services.GetRequiredService<IMailboxStore>().OpenAsync(ct);
        var (source, id) = (parsed.GetRequiredValue(_source), parsed.GetRequiredValue(_id));
        if (await services.GetRequiredService<EventTracer>().FindAsync(source, id, parsed.GetValue(_limit) ?? DefaultLimit, after: null, ct) is not { } trace)
        {
            throw new CommandException($"Nothing is known of an event '{id}' from '{source}'.", CommandLine.Failed);
        }

        var output = parsed.InvocationConfiguration.Output;
        if (parsed.GetValue(_json)) await output.WriteLineAsync(JsonSerializer.Serialize(trace, ContractsJson.Default.EventTrace));
        else await WriteAsync(output, trace);
        return CommandLine.Done;
    });

    private static async Task WriteAsync(TextWriter output, EventTrace trace)
    {
        await output.WriteLineAsync($"Mailboxes: {(trace.CountIsExact ? "" : "more than ")}{trace.Count.ToString(CultureInfo.InvariantCulture)}");
        if (trace.Notifications.Count > 0)
        {
            await TextTable.WriteAsync(output,
            [
                ["USER", "SEQ", "TYPE", "EVENT TIME", "STORED", "DELIVERED, AT THE LATEST"],
                .. trace.Notifications.Select(n => (string[])[
                    n.UserId, n.Seq.ToString(CultureInfo.InvariantCulture), n.EventType, TextTable.Cell(n.EventTimestamp), TextTable.Cell(n.ReceivedAt),
                    n.Delivered && n.DeliveredAt is null ? "yes" : TextTable.Cell(n.DeliveredAt)]),
            ]);
        }

        if (trace.Tasks.Count > 0)
        {
            await TextTable.WriteAsync(output,
            [
                ["TASK", "KIND", "STATE", "ATTEMPTS", "CREATED", "RUNS OR DIED", "HELD UNTIL", "LAST ERROR"],
                .. trace.Tasks.Select(t => (string[])[
                    t.DeadLetter ?? t.Id.ToString(CultureInfo.InvariantCulture), t.Kind, t.State,
                    string.Create(CultureInfo.InvariantCulture, $"{t.Attempts}/{t.MaxAttempts}"),
                    TextTable.Cell(t.CreatedAt), TextTable.Cell(t.RunAt ?? t.DiedAt), TextTable.Cell(t.LeaseUntil), TextTable.Cell(t.LastError, 80)]),
            ]);
        }

        if (trace.DeadRecords.Count > 0) await DeadLettersCommand.WriteAsync(output, trace.DeadRecords);
    }
}
