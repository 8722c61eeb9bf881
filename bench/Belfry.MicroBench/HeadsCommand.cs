using System.CommandLine;
using System.Diagnostics;
using System.Globalization;
using System.Text;
using Belfry.Mailboxes;
using Belfry.Mailboxes.Postgres;
using Belfry.Servers;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using StackExchange.Redis;

namespace Belfry.MicroBench;

/// <summary><c>heads</c>: a mailbox's counts and a page of it from PostgreSQL, and what counts would cost from a cache in Redis.</summary>
internal static class HeadsCommand
{
    private const int Questions = 20_000;
    private const int AtOnce = 8;
    private const int PayloadBytes = 240;
    private const int PageRows = 50;
    private const int PageBytes = 256 * 1024;

    public static Command Create()
    {
        var users = new Option<int>("--users") { Description = "Mailboxes.", DefaultValueFactory = _ => 1000 };
        var rows = new Option<int>("--rows") { Description = "Notifications in each.", DefaultValueFactory = _ => 100 };
        var command = new Command("heads", "Where a mailbox stands, asked of PostgreSQL and of Redis: time and server CPU. Example: heads --rows 100") { users, rows };
        command.SetAction(async (parsed, ct) =>
        {
            var (mailboxes, each) = (parsed.GetValue(users), parsed.GetValue(rows));
            await using var postgres = await PostgresServer.StartAsync(new Dictionary<string, string> { ["shared_buffers"] = "1GB", ["max_wal_size"] = "8GB" }, ct);
            await using var redis = await RedisServer.StartAsync(ct);
            var connections = new PostgresConnections(
                await postgres.CreateDatabaseAsync("heads", ct), null, Options.Create(new PostgresOptions()), NullLoggerFactory.Instance);
            await using var store = new PostgresMailboxStore(connections, NullLogger<PostgresMailboxStore>.Instance);
            await store.OpenAsync(ct);
            var payload = Encoding.UTF8.GetBytes($"{{\"text\":\"{SampleText.Of(new Random(1), PayloadBytes)}\"}}");
            for (var row = 0; row < each; row++)
            {
                await store.AppendAsync(AppendBatch.Of([.. Enumerable.Range(0, mailboxes).Select(user => AppendLoad.Make(payload, user))]), ct);
            }

            await using var cache = await ConnectionMultiplexer.ConnectAsync(redis.ConnectionString);
            var entries = cache.GetDatabase();
            for (var user = 0; user < mailboxes; user++) await entries.StringSetAsync(NameOf(user), "unread,unseen,total,version");

            Console.WriteLine($"{mailboxes} mailboxes with {each} notifications, {Questions} questions, {AtOnce} at once");
            for (var round = 0; round < 3; round++)
            {
                Console.WriteLine(await MeasureAsync("PostgreSQL", postgres.Pid, user => store.ReadHeadAsync(NameOf(user % mailboxes), ct)));
                Console.WriteLine(await MeasureAsync($"{PageRows} rows", postgres.Pid, user => store.ReadAfterAsync(NameOf(user % mailboxes), Math.Max(0, each - PageRows), PageRows, PageBytes, ct)));
                Console.WriteLine(await MeasureAsync("Redis", redis.Pid, user => entries.StringGetAsync(NameOf(user % mailboxes))));
            }

            return 0;
        });
        return command;
    }

    private static async Task<string> MeasureAsync(string name, int pid, Func<int, Task> ask)
    {
        var latencies = new double[Questions];
        var cpu = ProcessUsage.OfTree(pid).Cpu;
        var own = Environment.CpuUsage.TotalTime;
        await Task.WhenAll(Enumerable.Range(0, AtOnce).Select(async first =>
        {
            for (var i = first; i < Questions; i += AtOnce)
            {
                var began = Stopwatch.GetTimestamp();
                await ask(i);
                latencies[i] = Stopwatch.GetElapsedTime(began).TotalMicroseconds;
            }
        }));
        cpu = ProcessUsage.OfTree(pid).Cpu - cpu;
        own = Environment.CpuUsage.TotalTime - own;
        Array.Sort(latencies);
        return string.Create(
            CultureInfo.InvariantCulture,
            $"{name,-11} p50 {latencies[Questions / 2],6:N0} us   p99 {latencies[Questions * 99 / 100],6:N0} us   server {cpu.TotalMicroseconds / Questions,5:N0} us   client {own.TotalMicroseconds / Questions,5:N0} us");
    }

    private static string NameOf(int user) => string.Create(CultureInfo.InvariantCulture, $"user-{user}");
}
