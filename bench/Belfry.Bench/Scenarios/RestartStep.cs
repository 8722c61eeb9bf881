using Belfry.Bench.Client;
using Belfry.Bench.Measuring;
using Belfry.Bench.Report;

namespace Belfry.Bench.Scenarios;

/// <summary>How an instance ends.</summary>
internal enum RestartKind
{
    Terminate,
    Kill,
}

/// <summary>One instance ends and is started again once all of its clients have found another one.</summary>
internal static class RestartStep
{
    private static readonly TimeSpan EndPatience = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan ReopenPatience = TimeSpan.FromSeconds(60);

    public static async Task<RestartReport> RunAsync(Run run, int instance, RestartKind kind, CancellationToken ct)
    {
        var server = run.Stand.Servers[instance];
        await run.Streams.TakeAbsencesAsync();
        run.Progress.Say($"{(kind == RestartKind.Kill ? "killing" : "ending")} instance {instance + 1}");
        var begin = BenchClock.Micros;
        var exitCode = 0;
        if (kind == RestartKind.Kill) await server.KillAsync();
        else exitCode = (await server.TerminateAsync(EndPatience, ct)).ExitCode;
        var ended = BenchClock.Micros;

        // Those whom it had come back to the others: it is away until they have.
        await run.Streams.WaitUntilOpenAsync(ReopenPatience, ct);
        var absences = await run.Streams.TakeAbsencesAsync();
        await server.StartAgainAsync(ct: ct);
        var away = new Latencies();
        foreach (var absence in absences) away.Record(absence.EndMicros - absence.BeginMicros);
        run.Progress.Say($"{absences.Count} streams were away, the longest for {away.Summarize().Max / 1000:0.0} s");
        return new RestartReport(
            kind.ToString().ToLowerInvariant(), instance + 1, exitCode, Seconds(ended - begin), Seconds(BenchClock.Micros - ended),
            absences.Count, LatencyReport.Of(away.Summarize()), BusiestSecond(absences));
    }

    /// <summary>The most connects in any one second.</summary>
    private static int BusiestSecond(IReadOnlyList<Absence> absences)
    {
        long[] opened = [.. absences.Select(absence => absence.EndMicros).Order()];
        var (most, first) = (0, 0);
        for (var last = 0; last < opened.Length; last++)
        {
            while (opened[last] - opened[first] >= 1_000_000) first++;
            most = Math.Max(most, last - first + 1);
        }

        return most;
    }

    private static double Seconds(long micros) => Math.Round(BenchClock.ToSeconds(micros), 3);
}
