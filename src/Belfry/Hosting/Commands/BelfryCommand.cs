using System.CommandLine;

namespace Belfry.Hosting.Commands;

/// <summary>A command with examples for its help.</summary>
internal abstract class BelfryCommand(string name, string description, params string[] examples) : Command(name, description)
{
    public IReadOnlyList<string> Examples { get; } = examples;

    /// <summary>Whether the command handles SIGINT and SIGTERM, as a host does; else its cancellation token is cancelled by them.</summary>
    public virtual bool EndsBySignalItself => false;
}

/// <summary>Ends a command with a message for stderr. Not for bugs: those may show their stack.</summary>
internal sealed class CommandException(string message, int exitCode) : Exception(message)
{
    public int ExitCode { get; } = exitCode;
}
