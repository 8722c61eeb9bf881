using System.CommandLine;
using System.Diagnostics;
using System.Globalization;
using Belfry.Cluster;
using Belfry.Cluster.Postgres;
using Belfry.Mailboxes.Postgres;
using Belfry.Servers;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;

namespace Belfry.MicroBench;

/// <summary><c>presence</c>: what it costs to know who is connected where.</summary>
internal static class PresenceCommand
{
    private const int Chunk = 1000;

    public static Command Create()
    {
        var users = new Option<int>("--users") { Description = "Users that are connected.", DefaultValueFactory = _ => 100_000 };
        var rate = new Option<int>("--rate") { Description = "Users that come, and as many that go, in a second.", DefaultValueFactory = _ => 1000 };
        var seconds = new Option<int>("--seconds") { Description = "How long is measured.", DefaultValueFactory = _ => 20 };
        var command = new Command("presence", "Time and server CPU of the table of presence, written once a second. Example: presence --rate 1000") { users, rate, seconds };
        command.SetAction(async (parsed, ct) =>
        {
            await using var server = await PostgresServer.StartAsync(ct: ct);
            var connectionString = await server.CreateDatabaseAsync("presence", ct);
            var connections = new PostgresConnections(connectionString, null, Options.Create(new PostgresOptions()), NullLoggerFactory.Instance);
            await using var store = new PostgresMailboxStore(connections, NullLogger<PostgresMailboxStore>.Instance);
            await store.OpenAsync(ct);
            await RunAsync(new Rig(store), server.Pid, parsed.GetValue(users), parsed.GetValue(rate), parsed.GetValue(seconds), ct);
            return 0;
        });
        return command;
    }

    private static async Task RunAsync(Rig rig, int pid, int users, int rate, int seconds, CancellationToken ct)
    {
        for (var user = 0; user < users; user++) rig.Come(user);
        await rig.BeatAsync(ct);
        var began = Stopwatch.GetTimestamp();
        await rig.Presence.FlushAsync(Chunk, ct);
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{users:N0} users entered in {Stopwatch.GetElapsedTime(began).TotalMilliseconds:N0} ms"));

        var times = new List<double>();
        var cpu = ProcessUsage.OfTree(pid).Cpu;
        using var timer = new PeriodicTimer(TimeSpan.FromSeconds(1), TimeProvider.System);
        for (var second = 0; second < seconds; second++)
        {
            await timer.WaitForNextTickAsync(ct);
            for (var i = 0; i < rate; i++)
            {
                rig.Go(((long)second * rate + i) % users);
                rig.Come(users + ((long)second * rate) + i);
            }

            began = Stopwatch.GetTimestamp();
            await rig.Presence.FlushAsync(Chunk, ct);
            times.Add(Stopwatch.GetElapsedTime(began).TotalMilliseconds);
        }

        var used = (ProcessUsage.OfTree(pid).Cpu - cpu).TotalSeconds;
        times.Sort();
        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"{rate:N0} come and {rate:N0} go in a second: written in p50 {times[times.Count / 2]:N1} ms, max {times[^1]:N1} ms; PostgreSQL {100 * used / seconds:N1} % of a core"));

        const int beats = 200;
        cpu = ProcessUsage.OfTree(pid).Cpu;
        began = Stopwatch.GetTimestamp();
        for (var i = 0; i < beats; i++) await rig.BeatAsync(ct);
        Print("a sign of life", beats);

        const int questions = 5000;
        cpu = ProcessUsage.OfTree(pid).Cpu;
        began = Stopwatch.GetTimestamp();
        for (var i = 0; i < questions; i++) await rig.Presence.FindAsync(Rig.NameOf(users - 1 - i), ct);
        Print("where a user is", questions);

        void Print(string what, int count) => Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"{what}: {Stopwatch.GetElapsedTime(began).TotalMicroseconds / count:N0} us, of that {(ProcessUsage.OfTree(pid).Cpu - cpu).TotalMicroseconds / count:N0} us CPU of PostgreSQL"));
    }

    private sealed class Rig
    {
        private readonly HashSet<string> _users = [];
        private readonly PostgresMembers _members;
        private readonly InstanceIdentity _identity = new("micro-bench");

        public Rig(PostgresMailboxStore store)
        {
            _members = new PostgresMembers(store);
            Presence = new Presence(_identity, Options.Create(new ClusterOptions()), new PostgresPresence(store));
            Presence.Watch(_users.Contains, () => _users, () => _users.Count);
        }

        public Presence Presence { get; }

        public static string NameOf(long user) => string.Create(CultureInfo.InvariantCulture, $"user-{user}");

        public void Come(long user)
        {
            _users.Add(NameOf(user));
            Presence.Changed(NameOf(user));
        }

        public void Go(long user)
        {
            _users.Remove(NameOf(user));
            Presence.Changed(NameOf(user));
        }

        public Task<Beat> BeatAsync(CancellationToken ct) =>
            _members.BeatAsync(_identity.Id, "micro-bench", "0", draining: false, _users.Count, TimeSpan.FromSeconds(5), Duties.All, ct);
    }
}
