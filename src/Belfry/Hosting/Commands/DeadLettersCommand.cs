using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using Belfry.Contracts;
using Belfry.Ingest.DeadLetters;
using Belfry.Mailboxes;

namespace Belfry.Hosting.Commands;

/// <summary><c>belfry deadletters</c>: tasks that failed for the last time and records that are no events, in the store itself.</summary>
internal sealed class DeadLettersCommand : StoreCommand
{
    private const int Page = 500;
    private const int DefaultLimit = 50;

    private readonly Option<string?> _kind = new("--kind") { Description = "Only tasks, or only records of Kafka and the outbox.", Recursive = true };

    private readonly Option<bool> _json = new("--json") { Description = "Print JSON.", Recursive = true };

    private readonly NumberOption _limit = new("--limit", "How many are listed, the newest first (default 50).", 1, 100_000);

    private readonly Argument<string> _id = new("id") { Description = "As the list names it: task-17 or record-4." };

    private readonly Argument<string[]> _ids = new("ids") { Description = "As the list names them: task-17, record-4.", Arity = ArgumentArity.ZeroOrMore };

    private readonly Option<bool> _all = new("--all") { Description = "All that there are when the command begins; with --kind all of that kind." };

    public DeadLettersCommand()
        : base(
            "deadletters",
            "Lists what could not be done, newest first: tasks after their last attempt, and records of Kafka and the outbox that are no events.",
            "belfry deadletters --kind task",
            "belfry deadletters show record-4",
            "belfry deadletters retry task-17 task-18",
            "belfry deadletters drop --all --kind record")
    {
        _kind.AcceptOnlyFromAmong(DeadLetterId.NameOf(DeadLetterKind.Task), DeadLetterId.NameOf(DeadLetterKind.Record));
        Add(_kind);
        Add(_json);
        Add(_limit);
        SetAction(ListAsync);

        var list = new Command("list", "The same as without a word behind it.") { _limit };
        list.SetAction(ListAsync);
        var show = new Command("show", "Prints one whole: its reason, times, key and body.") { _id };
        show.SetAction(ShowAsync);
        var retry = Changing("retry", "Sends them again: a task with all its attempts before it, a record through the door as if it were read now.", RetryAsync);
        var drop = Changing("drop", "Forgets them for good.", (desk, ids, ct) => desk.DropAsync(ids, ct));
        foreach (var command in (Command[])[list, show, retry, drop]) Add(command);
    }

    /// <summary>For whoever has some to show.</summary>
    public static Task WriteAsync(TextWriter output, IReadOnlyList<DeadLetter> letters) => TextTable.WriteAsync(output,
    [
        ["ID", "DIED", "WHAT", "ATTEMPTS", "BYTES", "REASON"],
        .. letters.Select(l => (string[])[
            l.Id,
            TextTable.Cell(l.DiedAt),
            l.Task?.Kind ?? string.Create(CultureInfo.InvariantCulture, $"{l.Record!.Topic}/{l.Record.Partition}/{l.Record.Offset}"),
            l.Task?.Attempts.ToString(CultureInfo.InvariantCulture) ?? "-",
            l.Size.ToString(CultureInfo.InvariantCulture),
            TextTable.Cell(l.Reason, 100)]),
    ]);

    private Command Changing(string name, string description, Func<DeadLetterDesk, IReadOnlyList<DeadLetterId>, CancellationToken, Task<DeadLetterAnswer>> change)
    {
        var command = new Command(name, description) { _ids, _all };
        command.Validators.Add(result =>
        {
            var named = result.GetValue(_ids)?.Length > 0;
            if (named == result.GetValue(_all)) result.AddError("Give the ids, or --all.");
            else if (named && result.GetValue(_kind) is not null) result.AddError("--kind goes with --all.");
            foreach (var id in result.GetValue(_ids) ?? [])
            {
                if (!DeadLetterId.TryParse(id, out _)) result.AddError(NoId(id));
            }
        });
        command.SetAction((parsed, ct) => ChangeAsync(parsed, change, ct));
        return command;
    }

    private Task<int> ListAsync(ParseResult parsed, CancellationToken ct) => UseDeskAsync(async desk =>
    {
        var letters = await ReadAsync(desk, KindOf(parsed), parsed.GetValue(_limit) ?? DefaultLimit, ct);
        var output = parsed.InvocationConfiguration.Output;
        if (parsed.GetValue(_json)) await output.WriteLineAsync(JsonSerializer.Serialize(letters, ContractsJson.Default.ListDeadLetter));
        else if (letters.Count == 0) await output.WriteLineAsync("There are no dead letters.");
        else await WriteAsync(output, letters);
        return CommandLine.Done;
    }, ct);

    private Task<int> ShowAsync(ParseResult parsed, CancellationToken ct)
    {
        var name = parsed.GetRequiredValue(_id);
        if (!DeadLetterId.TryParse(name, out var id)) throw new CommandException(NoId(name), CommandLine.WrongUsage);
        return UseDeskAsync(async desk =>
        {
            var letter = await desk.FindAsync(id, ct) ?? throw new CommandException($"There is no dead letter {id}.", CommandLine.Failed);
            var output = parsed.InvocationConfiguration.Output;
            if (parsed.GetValue(_json))
            {
                await output.WriteLineAsync(JsonSerializer.Serialize(letter, ContractsJson.Default.DeadLetter));
                return CommandLine.Done;
            }

            foreach (var (label, value) in Describe(letter)) await output.WriteLineAsync($"{label,-9} {value}");
            return CommandLine.Done;
        }, ct);
    }

    private Task<int> ChangeAsync(
        ParseResult parsed, Func<DeadLetterDesk, IReadOnlyList<DeadLetterId>, CancellationToken, Task<DeadLetterAnswer>> change, CancellationToken ct) => UseDeskAsync(async desk =>
    {
        IEnumerable<string> names = parsed.GetValue(_all)
            ? (await ReadAsync(desk, KindOf(parsed), int.MaxValue, ct)).Select(letter => letter.Id)
            : parsed.GetRequiredValue(_ids);
        var (done, missing, refused) = (new List<string>(), new List<string>(), new List<RefusedDeadLetter>());
        foreach (var page in names.Select(Parse).Chunk(Page))
        {
            var answer = await change(desk, page, ct);
            done.AddRange(answer.Done);
            missing.AddRange(answer.Missing);
            refused.AddRange(answer.Refused);
        }

        var (output, errors) = (parsed.InvocationConfiguration.Output, parsed.InvocationConfiguration.Error);
        if (parsed.GetValue(_json))
        {
            await output.WriteLineAsync(JsonSerializer.Serialize(new DeadLetterAnswer(done, missing, refused), ContractsJson.Default.DeadLetterAnswer));
        }
        else
        {
            await output.WriteLineAsync($"{done.Count.ToString(CultureInfo.InvariantCulture)} done.");
            foreach (var id in missing) await errors.WriteLineAsync($"{id}: there is no such dead letter.");
            foreach (var stays in refused) await errors.WriteLineAsync($"{stays.Id}: still refused. {stays.Problem.Detail}");
        }

        return missing.Count + refused.Count == 0 ? CommandLine.Done : CommandLine.Failed;
    }, ct);

    private static async Task<DeadLetterAnswer> RetryAsync(DeadLetterDesk desk, IReadOnlyList<DeadLetterId> ids, CancellationToken ct) =>
        (await desk.RetryAsync(ids, ct)).ToAnswer();

    private static async Task<List<DeadLetter>> ReadAsync(DeadLetterDesk desk, DeadLetterKind? kind, int max, CancellationToken ct)
    {
        var letters = new List<DeadLetter>();
        DeadLetterCursor? before = null;
        while (letters.Count < max)
        {
            var page = await desk.ListAsync(Math.Min(Page, max - letters.Count), kind, before, ct);
            letters.AddRange(page.Items);
            if (page.Next is null || !DeadLetterCursor.TryParse(page.Next, out var next)) break;
            before = next;
        }

        return letters;
    }

    private static Task<int> UseDeskAsync(Func<DeadLetterDesk, Task<int>> work, CancellationToken ct) => UseServicesAsync(async services =>
    {
        await services.GetRequiredService<IMailboxStore>().OpenAsync(ct);
        return await work(services.GetRequiredService<DeadLetterDesk>());
    });

    private DeadLetterKind? KindOf(ParseResult parsed) => parsed.GetValue(_kind) is { } kind ? DeadLetterId.ReadKind(kind) : null;

    private static IEnumerable<(string Label, string Value)> Describe(DeadLetter letter)
    {
        yield return ("id", letter.Id);
        yield return ("died", TextTable.Cell(letter.DiedAt));
        yield return ("reason", letter.Reason);
        if (letter.Task is { } task)
        {
            yield return ("kind", task.Kind);
            yield return ("attempts", string.Create(CultureInfo.InvariantCulture, $"{task.Attempts} of {task.MaxAttempts}"));
            yield return ("created", TextTable.Cell(task.CreatedAt));
            yield return ("progress", task.Progress ?? "-");
        }

        if (letter.Record is { } record)
        {
            yield return ("record", string.Create(CultureInfo.InvariantCulture, $"{record.Topic}/{record.Partition}/{record.Offset}"));
            yield return ("consumer", $"{record.Group} of {record.Cluster}");
            yield return ("relayed", record.Relayed ? "yes" : "no");
            yield return ("key", ShowBytes(letter.Key, letter.KeyBase64));
        }

        yield return ("body", ShowBytes(letter.Body, letter.BodyBase64));
    }

    private static DeadLetterId Parse(string name) => DeadLetterId.TryParse(name, out var id) ? id : throw new CommandException(NoId(name), CommandLine.WrongUsage);

    private static string NoId(string name) => $"'{name}' is no dead letter's id, such as task-17 or record-4.";

    private static string ShowBytes(string? text, byte[]? bytes) => text ?? (bytes is null ? "-" : $"base64:{Convert.ToBase64String(bytes)}");
}
