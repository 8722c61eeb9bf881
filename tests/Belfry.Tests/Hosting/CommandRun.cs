using System.CommandLine;
using Belfry.Hosting;
using Belfry.Hosting.Commands;

namespace Belfry.Tests.Hosting;

/// <summary>One run of the program's command line, in this process.</summary>
/// <param name="ExitCode">What it ended with.</param>
/// <param name="Output">What it wrote to stdout.</param>
/// <param name="Error">What it wrote to stderr.</param>
internal sealed record CommandRun(int ExitCode, string Output, string Error)
{
    /// <summary>Runs a command line as Program.cs does, with an environment of its own.</summary>
    public static async Task<CommandRun> OfAsync(TemporaryFolder folder, IReadOnlyDictionary<string, string?> environment, params string[] args)
    {
        var own = new Dictionary<string, string?>(environment) { ["Belfry__DataFolder"] = folder.Path };
        var start = new HostArguments { WorkingFolder = folder.Path, Environment = own };
        using var output = new StringWriter();
        using var error = new StringWriter();
        var code = await CommandLine.RunAsync(
            args,
            new InvocationConfiguration { Output = output, Error = error },
            TestContext.Current.CancellationToken,
            new ServeCommand(start),
            new TokenCommand(start),
            new ConfigCommand(start),
            new DemoCommand(),
            new MigrateCommand(),
            new EpochCommand(),
            new OffsetsCommand(),
            new DeadLettersCommand(),
            new TraceCommand(),
            new ListenCommand(),
            new ProduceCommand());
        return new CommandRun(code, output.ToString(), error.ToString());
    }

    public static async Task<CommandRun> OfAsync(params string[] args)
    {
        using var folder = new TemporaryFolder();
        return await OfAsync(folder, new Dictionary<string, string?>(), args);
    }
}
