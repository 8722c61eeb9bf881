using System.Diagnostics;
using System.Globalization;
using System.Text;
using Belfry.Contracts;
using Belfry.Mailboxes;
using Belfry.Mailboxes.Postgres;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using Npgsql;

namespace Belfry.MicroBench;

/// <summary>One measured run of appends.</summary>
internal sealed record AppendLoad(int Batch, int Users, int PayloadBytes, TimeSpan Duration)
{
    private const string SizeOfLog =
        "SELECT sum(pg_total_relation_size(inhrelid) - pg_indexes_size(inhrelid))::bigint FROM pg_inherits WHERE inhparent = 'belfry.notifications'::regclass";

    private static int _newUser;

    public async Task<string> RunAsync(AppendStand stand, int lanes, bool held, CancellationToken ct)
    {
        var options = Options.Create(new PostgresOptions { Pooler = stand.HasPooler ? PostgresPooler.Transaction : PostgresPooler.None });
        var stores = new List<PostgresMailboxStore>();
        foreach (var (pooled, direct) in stand.Databases)
        {
            stores.Add(new PostgresMailboxStore(new PostgresConnections(pooled, direct, options, NullLoggerFactory.Instance), NullLogger<PostgresMailboxStore>.Instance));
            await stores[^1].OpenAsync(ct);
        }

        await using var holder = await NpgsqlDataSource.Create(stand.Databases[0].Direct).OpenConnectionAsync(ct);
        await RunLanesAsync(stores, lanes, TimeSpan.FromSeconds(1), ct);

        if (held) await ExecuteAsync(holder, "BEGIN ISOLATION LEVEL REPEATABLE READ; SELECT count(*) FROM belfry.mailboxes", ct);
        await using var probe = await NpgsqlDataSource.Create(stand.Databases[0].Direct).OpenConnectionAsync(ct);
        var size = await ScalarAsync(probe, SizeOfLog, ct);
        var wal = await ScalarAsync(probe, "SELECT (pg_current_wal_lsn() - '0/0')::bigint", ct);
        var cpu = Environment.CpuUsage.TotalTime;
        var serverCpu = stand.Cpu;
        var watch = Stopwatch.StartNew();
        var latencies = await RunLanesAsync(stores, lanes, Duration, ct);
        var elapsed = watch.Elapsed;
        var rows = (double)latencies.Count * Batch;
        cpu = Environment.CpuUsage.TotalTime - cpu;
        serverCpu = stand.Cpu - serverCpu;
        wal = await ScalarAsync(probe, "SELECT (pg_current_wal_lsn() - '0/0')::bigint", ct) - wal;
        size = await ScalarAsync(probe, SizeOfLog, ct) - size;
        await ExecuteAsync(probe, "SELECT pg_stat_force_next_flush()", ct);
        var dead = await ScalarAsync(
            probe, "SELECT sum(n_dead_tup)::bigint FROM pg_stat_user_tables WHERE schemaname = 'belfry' AND relname IN ('mailboxes', 'cursors')", ct);

        foreach (var store in stores) await store.DisposeAsync();
        latencies.Sort();
        // What is asked of the first server only is of its rows only.
        var own = rows / stores.Count;
        return string.Create(
            CultureInfo.InvariantCulture,
            $"{lanes,5}  {(held ? "yes" : "no"),4}  {rows / elapsed.TotalSeconds,10:N0}   {latencies[latencies.Count / 2],12:N1} {latencies[latencies.Count * 99 / 100],6:N1}   {cpu.TotalMicroseconds / rows,13:N1}   {serverCpu.TotalMicroseconds / rows,13:N1}   {wal / own,9:N0}   {size / own,11:N0}   {dead,11:N0}");
    }

    private async Task<List<double>> RunLanesAsync(List<PostgresMailboxStore> stores, int lanes, TimeSpan duration, CancellationToken ct)
    {
        var until = Stopwatch.GetTimestamp() + (long)(duration.TotalSeconds * Stopwatch.Frequency);
        var runs = await Task.WhenAll(Enumerable.Range(0, lanes).Select(lane => RunLaneAsync(stores[lane % stores.Count], lane, lanes, until, ct)));
        return [.. runs.SelectMany(r => r)];
    }

    private async Task<List<double>> RunLaneAsync(PostgresMailboxStore store, int lane, int lanes, long until, CancellationToken ct)
    {
        var latencies = new List<double>();
        var random = new Random(lane);
        var payload = Encoding.UTF8.GetBytes($"{{\"text\":\"{SampleText.Of(random, Math.Max(1, PayloadBytes - 11))}\"}}");
        while (Stopwatch.GetTimestamp() < until)
        {
            var items = new List<NewNotification>(Batch);
            for (var i = 0; i < Batch; i++) items.Add(Make(payload, Users == 0 ? Interlocked.Increment(ref _newUser) : (random.Next(Users / lanes) * lanes) + lane));
            var started = Stopwatch.GetTimestamp();
            await store.AppendAsync(AppendBatch.Of(items), ct);
            latencies.Add(Stopwatch.GetElapsedTime(started).TotalMilliseconds);
        }

        return latencies;
    }

    public static NewNotification Make(byte[] payload, int user)
    {
        var id = Guid.CreateVersion7();
        var text = id.ToString();
        return new NewNotification
        {
            UserId = string.Create(CultureInfo.InvariantCulture, $"user-{user}"),
            Source = "job-service",
            EventId = text,
            EventKey = EventKey.Of("job-service", text),
            NotificationId = id,
            EventType = "job.posted",
            Priority = Priority.Medium,
            EventTimestamp = TimeProvider.System.GetUtcNow().UtcDateTime,
            Payload = payload,
        };
    }

    private static async Task ExecuteAsync(NpgsqlConnection connection, string sql, CancellationToken ct)
    {
        await using var command = new NpgsqlCommand(sql, connection);
        await command.ExecuteNonQueryAsync(ct);
    }

    private static async Task<long> ScalarAsync(NpgsqlConnection connection, string sql, CancellationToken ct)
    {
        await using var command = new NpgsqlCommand(sql, connection);
        return Convert.ToInt64(await command.ExecuteScalarAsync(ct), CultureInfo.InvariantCulture);
    }
}
