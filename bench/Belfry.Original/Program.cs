using System.CommandLine;
using Belfry.Hosting.Commands;
using Belfry.Original;

var root = new OriginalCommand();

try
{
    var parsed = root.Parse(args);
    var invocation = new InvocationConfiguration { EnableDefaultExceptionHandler = false };
    // The server has its own order of shutting down.
    if (parsed.CommandResult.Command == root) invocation.ProcessTerminationTimeout = null;
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
    await Console.Error.WriteLineAsync($"belfry-original failed: {e}");
    return CommandLine.Failed;
}
