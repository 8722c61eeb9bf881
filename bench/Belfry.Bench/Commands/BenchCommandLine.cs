using System.CommandLine;
using System.CommandLine.Invocation;
using Belfry.Servers;

namespace Belfry.Bench.Commands;

/// <summary>Exit codes: 0 every promise held, 1 not so, or the run could not be made, 2 wrong usage.</summary>
internal static class BenchCommandLine
{
    public const int Held = 0;
    public const int Failed = 1;
    public const int WrongUsage = 2;

    public static async Task<int> RunAsync(string[] args)
    {
        var root = new RootCommand("Measures Belfry, and the system it replaces, from end to end, and checks every promise that it can see while it measures.")
        {
            new RunCommand(),
            new CompareCommand(),
        };
        var parsed = root.Parse(args);
        if (parsed.Errors.Count > 0 && parsed.Action is ParseErrorAction)
        {
            foreach (var error in parsed.Errors) await Console.Error.WriteLineAsync(error.Message);
            await Console.Error.WriteLineAsync("See: --help");
            return WrongUsage;
        }

        try
        {
            return await parsed.InvokeAsync(new InvocationConfiguration { EnableDefaultExceptionHandler = false });
        }
        catch (Exception e) when (e is BenchFailedException or MissingPartException or ServerFailedException or TimeoutException)
        {
            await Console.Error.WriteLineAsync(e.Message);
            return Failed;
        }
        catch (OperationCanceledException)
        {
            await Console.Error.WriteLineAsync("Stopped.");
            return Failed;
        }
    }
}
