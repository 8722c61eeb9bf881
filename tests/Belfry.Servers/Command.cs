using System.Diagnostics;

namespace Belfry.Servers;

/// <summary>What a program that has ended has said.</summary>
/// <param name="ExitCode">128 + n after signal n.</param>
public sealed record CommandResult(int ExitCode, string Output, string Errors);

/// <summary>Runs a program to its end.</summary>
internal static class Command
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(1);

    /// <summary>Throws a <see cref="ServerFailedException"/> with all that the program printed when it fails.</summary>
    public static async Task RunAsync(IReadOnlyList<string> command, CancellationToken ct)
    {
        var result = await RunAsync(command, new Dictionary<string, string?>(), folder: null, ct);
        if (result.ExitCode != 0)
        {
            throw new ServerFailedException($"{string.Join(' ', command)} ended with {result.ExitCode}.\n{result.Output}{result.Errors}");
        }
    }

    /// <summary>Whatever its exit code; a program that takes more than a minute, or than <paramref name="patience"/>, is killed.</summary>
    public static async Task<CommandResult> RunAsync(
        IReadOnlyList<string> command,
        IReadOnlyDictionary<string, string?> environment,
        string? folder,
        CancellationToken ct,
        TimeSpan? patience = null)
    {
        var start = new ProcessStartInfo(command[0], command.Skip(1))
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            WorkingDirectory = folder ?? "",
        };
        foreach (var (name, value) in environment) start.Environment[name] = value;

        using var process = Process.Start(start) ?? throw new ServerFailedException($"{command[0]} did not start.");
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(ct);
        deadline.CancelAfter(patience ?? Patience);
        try
        {
            var output = process.StandardOutput.ReadToEndAsync(deadline.Token);
            var errors = process.StandardError.ReadToEndAsync(deadline.Token);
            await process.WaitForExitAsync(deadline.Token);
            return new CommandResult(process.ExitCode, await output, await errors);
        }
        catch (OperationCanceledException)
        {
            process.Kill(entireProcessTree: true);
            if (ct.IsCancellationRequested) throw;
            throw new TimeoutException($"{string.Join(' ', command)} did not end within {(patience ?? Patience).TotalSeconds:0} s.");
        }
    }
}
