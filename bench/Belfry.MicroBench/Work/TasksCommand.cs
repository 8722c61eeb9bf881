using System.CommandLine;
using System.Diagnostics;
using System.Globalization;
using Belfry.Servers;
using Belfry.Work;
using Npgsql;

namespace Belfry.MicroBench.Work;

/// <summary><c>tasks</c>: how fast a queue of tasks that do nothing is drained, beside other queues on the same PostgreSQL.</summary>
internal static class TasksCommand
{
    public static Command Create()
    {
        var count = new Option<int>("--count") { Description = "Tasks that wait when the workers begin.", DefaultValueFactory = _ => 100_000 };
        var rounds = new Option<int>("--rounds") { Description = "How often each queue is measured, one after the other in turn.", DefaultValueFactory = _ => 5 };
        var rivals = new Option<string[]>("--rivals") { Description = "Whom to measure beside Belfry.", DefaultValueFactory = _ => [.. Rival.All.Select(r => r.Name)], AllowMultipleArgumentsPerToken = true };
        rivals.AcceptOnlyFromAmong(["none", .. Rival.All.Select(r => r.Name)]);
        var defaults = new WorkOptions();
        var pickers = new Option<int>("--pickers") { Description = "Belfry's setting.", DefaultValueFactory = _ => defaults.Pickers };
        var workers = new Option<int>("--workers") { Description = "Belfry's setting.", DefaultValueFactory = _ => defaults.Workers };
        var claimBatch = new Option<int>("--claim-batch") { Description = "Belfry's setting.", DefaultValueFactory = _ => defaults.ClaimBatch };
        var command = new Command("tasks", "Tasks a second of the work queue beside pg-boss and graphile-worker, interleaved on one PostgreSQL. Example: tasks --rounds 5") { count, rounds, rivals, pickers, workers, claimBatch };
        command.SetAction(async (parsed, ct) =>
        {
            var chosen = Rival.All.Where(r => parsed.GetValue(rivals)!.Contains(r.Name)).ToList();
            if (chosen.Count > 0) await Rival.InstallAsync(ct);
            await using var server = await PostgresServer.StartAsync(new Dictionary<string, string> { ["shared_buffers"] = "1GB", ["max_wal_size"] = "8GB" }, ct);
            var options = new WorkOptions { Pickers = parsed.GetValue(pickers), Workers = parsed.GetValue(workers), ClaimBatch = parsed.GetValue(claimBatch) };
            await RunAsync(server, chosen, options, parsed.GetValue(count), parsed.GetValue(rounds), ct);
            return 0;
        });
        return command;
    }

    private static async Task RunAsync(PostgresServer server, List<Rival> rivals, WorkOptions options, int count, int rounds, CancellationToken ct)
    {
        var belfry = $"belfry (pickers {options.Pickers}, workers {options.Workers}, channel {options.ChannelCapacity}, claim batch {options.ClaimBatch})";
        var results = new Dictionary<string, List<Drained>> { [belfry] = [] };
        foreach (var rival in rivals) results[rival.ToString()] = [];
        Console.WriteLine($"{count:N0} tasks that do nothing, PostgreSQL with fsync, {rounds} rounds in turn");
        for (var round = 0; round < rounds; round++)
        {
            results[belfry].Add(await DrainAsync(server, await server.CreateDatabaseAsync($"belfry_{round}", ct), options, count, ct));
            foreach (var rival in rivals)
            {
                results[rival.ToString()].Add(await rival.DrainAsync(await server.CreateDatabaseAsync($"rival_{rivals.IndexOf(rival)}_{round}", ct), count, ct));
            }

            Console.WriteLine($"round {round + 1}: " + string.Join(", ", results.Select(r => $"{r.Key.Split(' ')[0]} {r.Value[^1].DonePerSecond:N0}/s")));
        }

        Console.WriteLine();
        Console.WriteLine("  done/s  least    most   added/s  ratio  queue");
        var own = Median(results[belfry].Select(r => r.DonePerSecond));
        foreach (var (name, runs) in results)
        {
            var done = Median(runs.Select(r => r.DonePerSecond));
            Console.WriteLine(string.Create(
                CultureInfo.InvariantCulture,
                $"{done,8:N0} {runs.Min(r => r.DonePerSecond),6:N0} {runs.Max(r => r.DonePerSecond),7:N0} {Median(runs.Select(r => r.AddedPerSecond)),9:N0} {own / done,6:0.00}  {name}"));
        }
    }

    private static async Task<Drained> DrainAsync(PostgresServer server, string database, WorkOptions options, int count, CancellationToken ct)
    {
        await using var rig = await WorkRig.OpenAsync(database, options, ct);
        await using var probe = await NpgsqlDataSource.Create(database).OpenConnectionAsync(ct);
        var watch = Stopwatch.StartNew();
        for (var left = count; left > 0; left -= 1000) await rig.Tasks.AddAsync([.. Enumerable.Range(0, Math.Min(left, 1000)).Select(_ => CountedKind.New())], ct);
        var added = watch.Elapsed;
        await using (var settle = new NpgsqlCommand("VACUUM ANALYZE belfry.tasks", probe)) await settle.ExecuteNonQueryAsync(ct);

        var (cpu, serverCpu) = (Environment.CpuUsage.TotalTime, ProcessUsage.OfTree(server.Pid).Cpu);
        watch.Restart();
        await rig.StartAsync(ct);
        await using var open = new NpgsqlCommand("SELECT count(*) FROM belfry.tasks", probe);
        while (rig.Kind.Count < count || (long)(await open.ExecuteScalarAsync(ct))! > 0) await Task.Delay(TimeSpan.FromMilliseconds(5), TimeProvider.System, ct);
        var drained = watch.Elapsed;
        cpu = Environment.CpuUsage.TotalTime - cpu;
        serverCpu = ProcessUsage.OfTree(server.Pid).Cpu - serverCpu;
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"belfry: CPU {cpu.TotalMicroseconds / count:0.0} us a task, PostgreSQL {serverCpu.TotalMicroseconds / count:0.0} us"));
        return new Drained(count / added.TotalSeconds, count / drained.TotalSeconds);
    }

    private static double Median(IEnumerable<double> values)
    {
        var sorted = values.Order().ToList();
        return (sorted[(sorted.Count - 1) / 2] + sorted[sorted.Count / 2]) / 2;
    }
}

/// <summary>What one queue did in one round.</summary>
internal readonly record struct Drained(double AddedPerSecond, double DonePerSecond);
