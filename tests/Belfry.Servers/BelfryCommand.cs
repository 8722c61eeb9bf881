namespace Belfry.Servers;

/// <summary>The commands of the built <c>belfry</c> that end by themselves: token, config, migrate, offsets, …</summary>
public static class BelfryCommand
{
    /// <summary>Runs <c>belfry</c> with these arguments and environment variables (and no other settings), in <paramref name="folder"/>, to its end.</summary>
    public static Task<CommandResult> RunAsync(
        IReadOnlyList<string> arguments,
        IReadOnlyDictionary<string, string> settings,
        string? folder = null,
        CancellationToken ct = default) =>
        Command.RunAsync(["dotnet", BelfryProgram.Service.Path, .. arguments], OwnEnvironment.ReplacedBy(settings), folder, ct);
}
