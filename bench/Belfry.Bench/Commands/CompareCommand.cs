using System.CommandLine;
using System.Diagnostics;
using System.Globalization;
using Belfry.Bench.Report;
using Belfry.Servers;

namespace Belfry.Bench.Commands;

/// <summary><c>compare</c>: the same run with an older commit and with this one, in turn, for their medians.</summary>
internal sealed class CompareCommand : Command
{
    private const string OlderName = "older";
    private const string ThisName = "this";

    private readonly Option<string> _with = new("--with") { Description = "The older commit, built from a git worktree in artifacts/compare.", Required = true };
    private readonly Option<int> _rounds = new("--rounds") { Description = "How often each is run.", DefaultValueFactory = _ => 5 };
    private readonly Argument<string[]> _run = new("run") { Description = "The arguments of run, behind --.", Arity = ArgumentArity.OneOrMore };

    public CompareCommand()
        : base("compare", "Runs a scenario with an older commit and with this one in turn; prints medians and spread. Example: compare --with HEAD~20 --rounds 5 -- live --rate 1200 --duration 30s")
    {
        Add(_with);
        Add(_rounds);
        Add(_run);
        SetAction(RunAsync);
    }

    private async Task<int> RunAsync(ParseResult parsed, CancellationToken ct)
    {
        var output = parsed.InvocationConfiguration.Output;
        var older = await BuildAsync(parsed.GetValue(_with)!, ct);
        string[] arguments = ["run", .. parsed.GetValue(_run)!];
        var (rounds, held) = (parsed.GetValue(_rounds), true);
        using var folder = TemporaryFolder.Create("compare");
        var sides = new List<ComparedSide> { new(OlderName, older), new(ThisName, Path.Combine(AppContext.BaseDirectory, "Belfry.Bench")) };
        for (var round = 1; round <= rounds; round++)
        {
            // Each begins as often as the other: the second finds a warmer disk.
            foreach (var side in round % 2 == 1 ? sides : sides.AsEnumerable().Reverse())
            {
                held &= await side.RunAsync(arguments, folder.Combine($"{side.Name}-{round}.json"), ct);
                await output.WriteLineAsync(string.Create(CultureInfo.InvariantCulture, $"round {round} of {rounds}: {side.Name,-5} {side.DescribeLast()}"));
            }
        }

        await output.WriteLineAsync();
        await output.WriteLineAsync($"{string.Join(' ', arguments)}");
        ComparedSide.Write(output, sides[0], sides[1]);
        return held ? BenchCommandLine.Held : BenchCommandLine.Failed;
    }

    /// <summary>Answers the path of the older commit's own bench, which runs its own server.</summary>
    private static async Task<string> BuildAsync(string commit, CancellationToken ct)
    {
        var hash = (await CallAsync("git", ["rev-parse", "--verify", commit + "^{commit}"], Built.RepositoryRoot, ct)).Trim();
        var folder = Path.Combine(Built.RepositoryRoot, "artifacts", "compare", hash[..12]);
        if (!Directory.Exists(folder)) await CallAsync("git", ["worktree", "add", "--detach", folder, hash], Built.RepositoryRoot, ct);
        await CallAsync("dotnet", ["build", Path.Combine(folder, "src", "Belfry"), "-c", "Release", "--nologo", "-v", "q"], folder, ct);
        await CallAsync("dotnet", ["build", Path.Combine(folder, "bench", "Belfry.Bench"), "-c", "Release", "--nologo", "-v", "q"], folder, ct);
        return Path.Combine(folder, "artifacts", "bin", "Belfry.Bench", "release", "Belfry.Bench");
    }

    private static async Task<string> CallAsync(string program, string[] arguments, string folder, CancellationToken ct)
    {
        using var process = Process.Start(new ProcessStartInfo(program, arguments) { WorkingDirectory = folder, RedirectStandardOutput = true })!;
        var output = await process.StandardOutput.ReadToEndAsync(ct);
        await process.WaitForExitAsync(ct);
        return process.ExitCode == 0 ? output : throw new BenchFailedException($"{program} {string.Join(' ', arguments)} ended with {process.ExitCode}.\n{output}");
    }
}
