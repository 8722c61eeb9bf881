namespace Belfry.Servers;

/// <summary>The built bench, run to its end.</summary>
public static class BenchCommand
{
    /// <summary>Runs <c>bench</c> with these arguments; kills it, and what it has started goes with it, when it takes longer than <paramref name="patience"/>.</summary>
    public static Task<CommandResult> RunAsync(IReadOnlyList<string> arguments, TimeSpan patience, CancellationToken ct = default) => Command.RunAsync(
        ["dotnet", Built.Assembly("Belfry.Bench", "Belfry.Bench.dll"), .. arguments], OwnEnvironment.ReplacedBy(new Dictionary<string, string>()), folder: null, ct, patience);
}
