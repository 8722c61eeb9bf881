using System.CommandLine;
using Belfry.Hosting.Commands;
using Belfry.Servers;
using Command = System.CommandLine.Command;

namespace Belfry.Original.ClaimCycle;

/// <summary>
/// Shows whether the C# is a fair stand-in for the original: the claim cycle through it, against the same statements in
/// pgbench, on one server, in turn. Exit code 1 when it is not.
/// </summary>
internal sealed class ClaimCycleCommand : Command
{
    private static readonly TimeSpan WarmUp = TimeSpan.FromSeconds(2);

    // A production server's: else checkpoints of a small cache are measured.
    private static readonly Dictionary<string, string> ServerSettings = new()
    {
        ["shared_buffers"] = "1GB",
        ["max_wal_size"] = "8GB",
    };

    private readonly NumberOption _seconds = new("--seconds", "How long each run takes (default 10).", 1, 3600);
    private readonly NumberOption _rounds = new("--rounds", "How many runs each side has (default 3).", 1, 100);
    private readonly Option<string?> _postgres = new("--postgres")
    {
        Description = "Connection string of a PostgreSQL to measure on, in a database that is made for it. Default: ConnectionStrings__Postgres, else a throw-away server.",
    };

    private readonly Option<bool> _json = new("--json") { Description = "Print JSON." };

    public ClaimCycleCommand()
        : base("claim-cycle", "Measures insert, claim and completion in C# against the same statements in pgbench.")
    {
        foreach (var option in new Option[] { _seconds, _rounds, _postgres, _json }) Add(option);
        SetAction(RunAsync);
    }

    private async Task<int> RunAsync(ParseResult parsed, CancellationToken ct)
    {
        var given = parsed.GetValue(_postgres) ?? Environment.GetEnvironmentVariable("ConnectionStrings__Postgres");
        await using var server = given is null ? await PostgresServer.StartAsync(ServerSettings, ct) : null;
        await using var database = await CycleDatabase.CreateAsync(given ?? server!.ConnectionString, ct);

        var duration = TimeSpan.FromSeconds(parsed.GetValue(_seconds) ?? 10);
        var progress = parsed.InvocationConfiguration.Error;
        var report = await MeasureAsync(database, duration, parsed.GetValue(_rounds) ?? 3, progress, ct);
        parsed.InvocationConfiguration.Output.WriteLine(parsed.GetValue(_json) ? report.ToJson() : report.ToString());
        return report.IsFair ? CommandLine.Done : CommandLine.Failed;
    }

    private static async Task<CycleReport> MeasureAsync(CycleDatabase database, TimeSpan duration, int rounds, TextWriter progress, CancellationToken ct)
    {
        var time = TimeProvider.System;
        var csharp = new CSharpSide(database.Table, time);
        using var pgbench = new PgbenchSide(database.ConnectionString, time);
        await csharp.RunAsync(WarmUp, ct);

        var (ofCSharp, ofPgbench) = (new List<double>(), new List<double>());
        for (var round = 1; round <= rounds; round++)
        {
            // The disk changes its mind from minute to minute: neither side always has the first turn.
            if (round % 2 == 0) ofPgbench.Add(await RateAsync(pgbench.RunAsync));
            ofCSharp.Add(await RateAsync(csharp.RunAsync));
            if (round % 2 == 1) ofPgbench.Add(await RateAsync(pgbench.RunAsync));
            await progress.WriteLineAsync($"round {round} of {rounds}: C# {ofCSharp[^1]:0} rows/s, pgbench {ofPgbench[^1]:0}");
        }

        return new CycleReport(await database.VersionAsync(ct), Environment.ProcessorCount, CycleShape.Clients, duration.TotalSeconds, ofCSharp, ofPgbench);

        async Task<double> RateAsync(Func<TimeSpan, CancellationToken, Task> run)
        {
            await database.EmptyAsync(ct);
            var begun = time.GetTimestamp();
            await run(duration, ct);
            var took = time.GetElapsedTime(begun);
            return await database.CountDeliveredAsync(ct) / took.TotalSeconds;
        }
    }
}
