using System.CommandLine;
using System.Diagnostics;
using System.Globalization;
using Belfry.Servers;
using Belfry.Work;
using Npgsql;

namespace Belfry.MicroBench.Work;

/// <summary><c>torture</c>: tasks come and are done at a rate for a long time, also beside a transaction that is held open.</summary>
internal static class TortureCommand
{
    private static readonly TimeSpan Tick = TimeSpan.FromMilliseconds(10);

    public static Command Create()
    {
        var minutes = new Option<double>("--minutes") { Description = "How long.", DefaultValueFactory = _ => 18 };
        var rate = new Option<int>("--rate") { Description = "Tasks a second.", DefaultValueFactory = _ => 1000 };
        var hold = new Option<bool>("--hold") { Description = "Holds a transaction with a snapshot open beside it, all the time." };
        var lines = new Option<double>("--line") { Description = "A line of the table every so many seconds.", DefaultValueFactory = _ => 60 };
        var before = new Option<int>("--done") { Description = "So many tasks have been done beside the held transaction before it begins: 3600000 are an hour at 1,000 a second.", DefaultValueFactory = _ => 0 };
        var command = new Command("torture", "The work queue at a steady rate for a long time: rate, latency, dead rows, size. Example: torture --minutes 18 --hold") { minutes, rate, hold, lines, before };
        command.SetAction(async (parsed, ct) =>
        {
            await using var server = await PostgresServer.StartAsync(new Dictionary<string, string> { ["shared_buffers"] = "1GB", ["max_wal_size"] = "8GB" }, ct);
            var database = await server.CreateDatabaseAsync("torture", ct);
            await using var rig = await WorkRig.OpenAsync(database, new WorkOptions(), ct);
            await using var holder = await NpgsqlDataSource.Create(database).OpenConnectionAsync(ct);
            if (parsed.GetValue(hold)) await ReadAsync(holder, "BEGIN ISOLATION LEVEL REPEATABLE READ; SELECT count(*) FROM belfry.tasks", ct);
            await DoBeforeAsync(database, parsed.GetValue(before), ct);
            await rig.StartAsync(ct);
            await RunAsync(
                rig, database, parsed.GetValue(rate), TimeSpan.FromMinutes(parsed.GetValue(minutes)), TimeSpan.FromSeconds(parsed.GetValue(lines)), parsed.GetValue(hold), ct);
            return 0;
        });
        return command;
    }

    /// <summary>Tasks that come and are done by the statements that the engine has for it, only more at once.</summary>
    private static async Task DoBeforeAsync(string database, int count, CancellationToken ct)
    {
        const int Most = 100_000;
        await using var source = NpgsqlDataSource.Create(new NpgsqlConnectionStringBuilder(database) { CommandTimeout = 600 });
        for (var left = count; left > 0; left -= Most)
        {
            await using var command = source.CreateCommand($"""
                SELECT count(*) FROM belfry.add_tasks(
                    array_fill('{CountedKind.KindName}'::text, ARRAY[$1]), ARRAY(SELECT gen_random_uuid() FROM generate_series(1, $1)),
                    array_fill(1::smallint, ARRAY[$1]), array_fill(now(), ARRAY[$1]), array_fill(3::smallint, ARRAY[$1]),
                    array_fill(convert_to(repeat('x', 60), 'UTF8'), ARRAY[$1]), array_fill(NULL::uuid, ARRAY[$1]));
                """);
            command.Parameters.Add(new NpgsqlParameter<int> { TypedValue = Math.Min(left, Most) });
            await command.ExecuteNonQueryAsync(ct);
            await using var done = source.CreateCommand($$"""
                WITH c AS MATERIALIZED (SELECT id FROM belfry.claim_tasks('{{{CountedKind.KindName}}}', {{Most}}, '30 s', gen_random_uuid(), ARRAY[1::smallint], ARRAY[now() - interval '1 min'])),
                     a AS MATERIALIZED (SELECT array_agg(id) AS ids, array_agg(1) AS tokens FROM c)
                SELECT count(d) FROM a, LATERAL belfry.complete_tasks(a.ids, a.tokens) d
                """);
            if ((long)(await done.ExecuteScalarAsync(ct))! != Math.Min(left, Most)) throw new InvalidOperationException("Not all tasks were done.");
        }
    }

    private static async Task RunAsync(WorkRig rig, string database, int rate, TimeSpan duration, TimeSpan line, bool held, CancellationToken ct)
    {
        Console.WriteLine($"{rate:N0} tasks/s for {duration.TotalMinutes:0.#} minutes, {(held ? "beside a transaction held open" : "no transaction held open")}");
        Console.WriteLine("minute    added/s     done/s   wait ms p50      p99      max   waiting   dead rows   table MiB   indexes MiB");
        await using var probe = await NpgsqlDataSource.Create(database).OpenConnectionAsync(ct);
        var clock = Stopwatch.StartNew();
        var next = line;
        long added = 0, addedBefore = 0, doneBefore = 0;
        while (next <= duration)
        {
            var due = (long)(clock.Elapsed.TotalSeconds * rate) - added;
            if (due > 0)
            {
                await rig.Tasks.AddAsync([.. Enumerable.Range(0, (int)Math.Min(due, 1000)).Select(_ => CountedKind.New())], ct);
                rig.Wake();
                added += Math.Min(due, 1000);
            }

            if (clock.Elapsed >= next)
            {
                var done = rig.Kind.Count;
                Console.WriteLine(await DescribeAsync(probe, rig, next.TotalMinutes, (added - addedBefore) / line.TotalSeconds, (done - doneBefore) / line.TotalSeconds, ct));
                (addedBefore, doneBefore) = (added, done);
                next += line;
            }

            await Task.Delay(Tick, TimeProvider.System, ct);
        }
    }

    private static async Task<string> DescribeAsync(NpgsqlConnection probe, WorkRig rig, double minute, double added, double done, CancellationToken ct)
    {
        var latencies = rig.Kind.TakeLatencies();
        latencies.Sort();
        var waiting = await ReadAsync(probe, "SELECT count(*) FROM belfry.tasks", ct);
        var dead = await ReadAsync(probe, "SELECT n_dead_tup FROM pg_stat_user_tables WHERE relid = 'belfry.tasks'::regclass", ct);
        var table = await ReadAsync(probe, "SELECT pg_table_size('belfry.tasks')", ct);
        var indexes = await ReadAsync(probe, "SELECT pg_indexes_size('belfry.tasks')", ct);
        return string.Create(
            CultureInfo.InvariantCulture,
            $"{minute,6:0.0} {added,10:N0} {done,10:N0} {At(0.5),13:N1} {At(0.99),8:N1} {At(1),8:N0} {waiting,9:N0} {dead,11:N0} {table / 1048576.0,11:N1} {indexes / 1048576.0,13:N1}");

        double At(double share) => latencies.Count == 0 ? 0 : Stopwatch.GetElapsedTime(0, latencies[Math.Min(latencies.Count - 1, (int)(latencies.Count * share))]).TotalMilliseconds;
    }

    private static async Task<long> ReadAsync(NpgsqlConnection connection, string sql, CancellationToken ct)
    {
        await using var command = new NpgsqlCommand(sql, connection);
        return Convert.ToInt64(await command.ExecuteScalarAsync(ct), CultureInfo.InvariantCulture);
    }
}
