using System.CommandLine;
using Belfry.Hosting.Listening;

namespace Belfry.Hosting.Commands;

/// <summary><c>belfry listen</c>: prints a user's stream.</summary>
internal sealed class ListenCommand : BelfryCommand
{
    private static readonly Uri DefaultServer = new("http://127.0.0.1:5080");
    private static readonly string[] Starts = ["undelivered", "latest", "earliest"];

    private readonly UrlOption _url = new("--url", "The public address of the server (default http://127.0.0.1:5080).");
    private readonly Option<string?> _token = new("--token") { Description = "The user's token. Others on this machine can see it; --token-file keeps it from them." };
    private readonly Option<FileInfo> _tokenFile = new("--token-file") { Description = "A file that holds the user's token.", HelpName = "file" };
    private readonly Option<string?> _since = new("--since") { Description = $"Where to start without a cursor: {string.Join(", ", Starts)}." };
    private readonly Option<string?> _lastEventId = new("--last-event-id") { Description = "Go on after this cursor.", HelpName = "cursor" };
    private readonly Option<string?> _types = new("--types") { Description = "Only these event types, with commas; a * at the end stands for any end. Does not count as delivered." };
    private readonly NumberOption _count = new("--count", "End after this many notifications.", 1, int.MaxValue);
    private readonly Option<bool> _json = new("--json") { Description = "Print each event as a JSON object on a line: event, id, data." };

    public ListenCommand()
        : base(
            "listen",
            "Prints a user's stream, and goes on where it was after every interruption, until Ctrl-C.",
            "belfry listen --token \"$(belfry token --sub user-1)\" --since earliest",
            "belfry listen --token-file token.txt --json | jq .data.payload")
    {
        foreach (var option in new Option[] { _url, _token, _tokenFile, _since, _lastEventId, _types, _count, _json }) Add(option);
        _since.AcceptOnlyFromAmong(Starts);
        _tokenFile.AcceptExistingOnly();
        Validators.Add(result =>
        {
            if (result.GetResult(_token) is null == result.GetResult(_tokenFile) is null) result.AddError("Give the user's token, with one of --token and --token-file.");
        });
        SetAction(RunAsync);
    }

    private async Task<int> RunAsync(ParseResult parsed, CancellationToken ct)
    {
        var streams = parsed.InvocationConfiguration;
        var token = parsed.GetValue(_token) ?? await File.ReadAllTextAsync(parsed.GetValue(_tokenFile)!.FullName, ct);
        token = token.Trim();
        if (token.Length == 0 || !token.All(char.IsAscii) || token.Any(char.IsWhiteSpace)) throw new CommandException("That is not one token.", CommandLine.WrongUsage);

        var target = new ListenTarget(
            parsed.GetValue(_url) ?? DefaultServer, token, parsed.GetValue(_since), parsed.GetValue(_lastEventId), parsed.GetValue(_types));
        var printer = new EventPrinter(streams.Output, parsed.GetValue(_json));

        using var enough = CancellationTokenSource.CreateLinkedTokenSource(ct);
        var left = parsed.GetValue(_count) ?? int.MaxValue;
        using var http = new HttpClient { Timeout = Timeout.InfiniteTimeSpan };
        var listener = new StreamListener(target, http, TimeProvider.System, Take, streams.Error.WriteLine);
        try
        {
            await listener.RunAsync(enough.Token);
        }
        catch (OperationCanceledException) when (enough.IsCancellationRequested)
        {
            // Ctrl-C, or all that was asked for.
        }
        catch (ListenRefusedException e)
        {
            throw new CommandException(e.Message, CommandLine.Failed);
        }

        return CommandLine.Done;

        void Take(SseBlock block)
        {
            if (left == 0) return;
            printer.Print(block);
            if (block.Event == Contracts.StreamEvents.Notification && --left == 0) enough.Cancel();
        }
    }
}
