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

    // After a signal a command may still count what it has under way.
    private static readonly TimeSpan TerminationTimeout = TimeSpan.FromSeconds(15);

    public static Task<int> RunAsync(string[] args, params Command[] commands) =>
        RunAsync(args, new InvocationConfiguration(), CancellationToken.None, commands);

    public static async Task<int> RunAsync(string[] args, InvocationConfiguration invocation, CancellationToken ct, params Command[] commands)
    {
        var root = new RootCommand("Belfry: takes events in, keeps each in its user's mailbox, and streams it to every device of the user.");
        foreach (var command in commands) root.Add(command);
        var help = root.Options.OfType<HelpOption>().Single();
        help.Action = new HelpWithExamples((HelpAction)help.Action!);
        root.SetAction(result => ((SynchronousCommandLineAction)help.Action).Invoke(result));

        var parsed = root.Parse(args);
        if (parsed.Errors.Count > 0 && parsed.Action is ParseErrorAction)
        {
            foreach (var error in parsed.Errors) await invocation.Error.WriteLineAsync(error.Message);
            var place = string.Concat(Upwards(parsed.CommandResult.Command).Reverse().Where(command => command is not RootCommand).Select(command => command.Name + " "));
            await invocation.Error.WriteLineAsync($"See: belfry {place}--help");
            return WrongUsage;
        }

        // A server has its own order of shutting down, and its own time for it.
        var server = parsed.CommandResult.Command is BelfryCommand { EndsBySignalItself: true };
        invocation.ProcessTerminationTimeout = server ? null : TerminationTimeout;
        invocation.EnableDefaultExceptionHandler = false;
        try
        {
            return await parsed.InvokeAsync(invocation, ct);
        }
        catch (CommandException e)
        {
            await invocation.Error.WriteLineAsync(e.Message);
            return e.ExitCode;
        }
        catch (Exception e)
        {
            // The runtime would abort, with a core dump: a failure is an exit code.
            await invocation.Error.WriteLineAsync($"belfry failed: {e}");
            return Failed;
        }
    }

    /// <summary>A command, the one that it belongs to, and so on.</summary>
    private static IEnumerable<Command> Upwards(Command command) =>
        [command, .. command.Parents.OfType<Command>().SelectMany(Upwards)];

    private sealed class HelpWithExamples(HelpAction standard) : SynchronousCommandLineAction
    {
        public override int Invoke(ParseResult parseResult)
        {
            var result = standard.Invoke(parseResult);
            if (Upwards(parseResult.CommandResult.Command).OfType<BelfryCommand>().FirstOrDefault() is not { Examples.Count: > 0 } command) return result;

            var output = parseResult.InvocationConfiguration.Output;
            output.WriteLine(command.Examples.Count == 1 ? "Example:" : "Examples:");
            foreach (var example in command.Examples) output.WriteLine("  " + example);
            return result;
        }
    }
}
