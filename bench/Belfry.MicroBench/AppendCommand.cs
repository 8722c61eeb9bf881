using System.CommandLine;

namespace Belfry.MicroBench;

/// <summary><c>append</c>: what the store's append costs, alone.</summary>
internal static class AppendCommand
{
    private static readonly bool[] Without = [false];
    private static readonly bool[] WithoutAndWith = [false, true];

    public static Command Create()
    {
        var lanes = new Option<int[]>("--lanes") { Description = "Appends in flight at once, one run for each number.", DefaultValueFactory = _ => [1, 2, 4] };
        var batch = new Option<int>("--batch") { Description = "Events in one append.", DefaultValueFactory = _ => 500 };
        var users = new Option<int>("--users") { Description = "Mailboxes, each always in the same lane; 0: a new one for each event.", DefaultValueFactory = _ => 1000 };
        var seconds = new Option<int>("--seconds") { Description = "How long each run measures.", DefaultValueFactory = _ => 5 };
        var payload = new Option<int>("--payload") { Description = "Bytes of each payload.", DefaultValueFactory = _ => 210 };
        var held = new Option<bool>("--held") { Description = "Runs each once more beside a transaction that is held open." };
        var connection = new Option<string?>("--postgres") { Description = "A PostgreSQL to measure on; else a throw-away one is started." };
        var servers = new Option<int>("--servers") { Description = "Throw-away PostgreSQLs, among which the lanes are divided, as users would be.", DefaultValueFactory = _ => 1 };
        var pooler = new Option<bool>("--pgbouncer") { Description = "Through a PgBouncer in transaction mode." };
        var toast = new Option<string?>("--toast") { Description = "How long payloads are compressed in the table: pglz (the server's default) or lz4." };

        var command = new Command("append", "Rows per second, server CPU and WAL a row of the PostgreSQL store's append. Example: append --lanes 2 --held")
        {
            lanes, batch, users, seconds, payload, held, connection, servers, pooler, toast,
        };
        command.SetAction(async (parsed, ct) =>
        {
            var load = new AppendLoad(
                parsed.GetValue(batch), parsed.GetValue(users), parsed.GetValue(payload), TimeSpan.FromSeconds(parsed.GetValue(seconds)));
            await using var stand = parsed.GetValue(connection) is { } given
                ? AppendStand.Of(given)
                : await AppendStand.StartAsync(parsed.GetValue(servers), parsed.GetValue(pooler), parsed.GetValue(toast), ct);

            Console.WriteLine($"batch {load.Batch}, {load.Users} users, payload {load.PayloadBytes} bytes, {load.Duration.TotalSeconds} s a run");
            Console.WriteLine("lanes  held      rows/s   ms/batch p50    p99   client us/row   server us/row   WAL B/row   table B/row   dead tuples");
            foreach (var hold in parsed.GetValue(held) ? WithoutAndWith : Without)
            {
                foreach (var count in parsed.GetValue(lanes)!)
                {
                    Console.WriteLine(await load.RunAsync(stand, count, hold, ct));
                }
            }

            return 0;
        });
        return command;
    }
}
