using System.CommandLine;
using System.CommandLine.Help;
using System.CommandLine.Invocation;

namespace Belfry.Hosting.Commands;

/// <summary>Runs the program's commands and gives every one the same manners: help with examples, exit codes 0, 1 and 2.</summary>
internal static class CommandLine
{
    public const int Done = 0;
    public const int Failed = 1;
    public const int WrongUsage = 2;

    public static async Task<int> RunAsync(string[] args, params Command[] commands)
    {
        var root = new RootCommand("Belfry: takes events in, keeps each in its user's mailbox, and streams it to every device of the user.");
        foreach (var command in commands) root.Add(command);
        var help = root.Options.OfType<HelpOption>().Single();
        help.Action = new HelpWithExamples((HelpAction)help.Action!);
        root.SetAction(result => ((SynchronousCommandLineAction)help.Action).Invoke(result));

        var parsed = root.Parse(args);
        if (parsed.Errors.Count > 0 && parsed.Action is ParseErrorAction)
        {
            foreach (var error in parsed.Errors) await Console.Error.WriteLineAsync(error.Message);
            await Console.Error.WriteLineAsync($"See: belfry {string.Join(' ', Path(parsed.CommandResult.Command))} --help".Replace("  ", " ", StringComparison.Ordinal));
            return WrongUsage;
        }

        // A server has its own order of shutting down, and its own time for it.
        var own = parsed.CommandResult.Command is BelfryCommand { EndsBySignalItself: true };
        var invocation = new InvocationConfiguration { EnableDefaultExceptionHandler = false };
        if (own) invocation.ProcessTerminationTimeout = null;
        try
        {
            return await parsed.InvokeAsync(invocation);
        }
        catch (CommandException e)
        {
            await Console.Error.WriteLineAsync(e.Message);
            return e.ExitCode;
        }
        catch (Exception e)
        {
            // The runtime would abort, with a core dump: a failure is an exit code.
            await Console.Error.WriteLineAsync($"belfry failed: {e}");
            return Failed;
        }
    }

    private static IEnumerable<string> Path(Command command) => command is RootCommand ? [] : [command.Name];

    private sealed class HelpWithExamples(HelpAction standard) : SynchronousCommandLineAction
    {
        public override int Invoke(ParseResult parseResult)
        {
            var result = standard.Invoke(parseResult);
            if (parseResult.CommandResult.Command is not BelfryCommand { Examples.Count: > 0 } command) return result;

            var output = parseResult.InvocationConfiguration.Output;
            output.WriteLine(command.Examples.Count == 1 ? "Example:" : "Examples:");
            foreach (var example in command.Examples) output.WriteLine("  " + example);
            return result;
        }
    }
}
