using System.Diagnostics;
using Belfry.Mailboxes;
using Belfry.Mailboxes.Postgres;
using Belfry.Servers;
using Npgsql;
using Xunit;

namespace Belfry.SystemTests.Mailboxes;

/// <summary>What PostgreSQL's locks and row versions do to appends, and what they must not do.</summary>
public sealed class PostgresLocksTests(SharedPostgres postgres) : IAsyncLifetime
{
    private PostgresDatabase _database = null!;
    private PostgresMailboxStore _store = null!;

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        _database = new PostgresDatabase(await postgres.CreateDatabaseAsync(Cancelled));
        _store = _database.CreateStore();
        await _store.OpenAsync(Cancelled);
    }

    public ValueTask DisposeAsync() => _store.DisposeAsync();

    [Fact]
    public async Task Whatever_locks_several_mailboxes_never_deadlocks_with_anything_else_that_does()
    {
        var users = Enumerable.Range(0, 60).Select(i => $"user-{i}").ToArray();
        var rounds = new int[7];
        using var done = CancellationTokenSource.CreateLinkedTokenSource(Cancelled);
        var others = rounds.Select((_, i) => Task.Run(
            async () =>
            {
                for (var random = new Random(i); !done.IsCancellationRequested; Interlocked.Increment(ref rounds[i]))
                {
                    var some = SomeInAnyOrder(users, random);
                    await (i < 4 ? AppendAsync(some, random) : MoveDeliveredAsync(some, random));
                }
            },
            Cancelled)).ToList();

        // Each week is a new partition: appends rewrite the mailboxes that they are the first to meet in it, and retention
        // works through the same mailboxes to raise their floors.
        for (var week = 0; week < 8; week++)
        {
            await _database.PassTimeAsync(TimeSpan.FromDays(7), Cancelled);
            await Task.WhenAll(_store.MaintainAsync(TimeSpan.Zero, Cancelled), _store.MaintainAsync(TimeSpan.Zero, Cancelled));
            var seen = rounds.ToArray();
            await Eventually.HoldsAsync(
                "every writer has gone on",
                () => others.Exists(o => o.IsFaulted) || seen.Zip(rounds).All(r => r.Second > r.First + 3),
                TimeSpan.FromSeconds(60),
                Cancelled);
        }

        await done.CancelAsync();
        await Task.WhenAll(others);

        Assert.True(await _database.ReadNumberAsync("SELECT count(*) FROM belfry.mailboxes WHERE floor_seq > 0", Cancelled) > 0);
        Assert.Equal(0, await StatisticAsync("SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()"));
    }

    [Fact]
    public async Task A_transaction_held_open_beside_them_costs_appends_no_row_versions_and_no_speed()
    {
        // The mailboxes are there, as after the first minutes of a partition.
        var users = Enumerable.Range(0, 20).Select(i => $"user-{i}").ToArray();
        await AppendAsync(users, new Random(0));

        await using (var held = await _database.ConnectAsync(Cancelled))
        await using (var transaction = await held.BeginTransactionAsync(System.Data.IsolationLevel.RepeatableRead, Cancelled))
        {
            await using (var look = new NpgsqlCommand("SELECT count(*) FROM belfry.mailboxes", held, transaction)) await look.ExecuteScalarAsync(Cancelled);

            var times = new List<TimeSpan>();
            for (var batch = 0; batch < 400; batch++)
            {
                var started = Stopwatch.GetTimestamp();
                await AppendAsync(users, new Random(batch));
                times.Add(Stopwatch.GetElapsedTime(started));
            }

            // Medians, because the machine has other work too.
            Assert.True(Median(times.TakeLast(100)) < 4 * Median(times.Take(100)), $"{Median(times.Take(100))} became {Median(times.TakeLast(100))}");
        }

        Assert.Equal(0, await StatisticAsync("SELECT n_tup_upd + n_dead_tup FROM pg_stat_user_tables WHERE relid = 'belfry.mailboxes'::regclass"));
    }

    [Fact]
    public async Task An_append_is_one_round_trip_and_one_transaction()
    {
        await _store.ReadOffsetsAsync([new PartitionKey("c", "g", "t", 0)], Cancelled);
        var batch = new AppendBatch(
            [.. Enumerable.Range(0, 500).Select(i => Events.New($"user-{i % 50}"))],
            [new OffsetMove(new PartitionKey("c", "g", "t", 0), -1, 10)],
            [new NewDeadLetter(new PartitionKey("c", "g", "t", 0), 3, "poison", null, null)]);
        await _store.AppendAsync(AppendBatch.Of(Events.Several("warm", 1)), Cancelled);

        var commands = 0;
        using var listener = new ActivityListener
        {
            ShouldListenTo = source => source.Name == "Npgsql",
            Sample = (ref ActivityCreationOptions<ActivityContext> _) => ActivitySamplingResult.AllData,
            // Other tests run beside this one.
            ActivityStopped = activity =>
            {
                if (activity.TagObjects.Any(t => t.Value is string name && name == _database.Name)) Interlocked.Increment(ref commands);
            },
        };
        ActivitySource.AddActivityListener(listener);
        Assert.IsType<AppendResult.Stored>(await _store.AppendAsync(batch, Cancelled));

        Assert.Equal(1, commands);
        Assert.Equal(1, await _database.ReadNumberAsync(
            "SELECT count(DISTINCT xmin::text) FROM (SELECT xmin FROM belfry.notifications WHERE user_id <> 'warm' UNION ALL SELECT xmin FROM belfry.dead_letters) AS rows",
            Cancelled));
    }

    [Fact]
    public async Task A_batch_that_is_refused_or_fenced_leaves_its_connection_fit_for_the_next_one()
    {
        var partition = new PartitionKey("c", "g", "t", 0);
        await _store.ReadOffsetsAsync([partition], Cancelled);
        for (var before = 0; before < 4; before++)
        {
            // However often the statement has run on a connection before it fails on it.
            await using var store = _database.CreateStore();
            await store.OpenAsync(Cancelled);
            for (var i = 0; i < before; i++) Assert.IsType<AppendResult.Stored>(await store.AppendAsync(AppendBatch.Of(Events.Several("a", 2)), Cancelled));

            Assert.IsType<AppendResult.Refused>(await store.AppendAsync(AppendBatch.Of([Events.New("a", payload: "{")]), Cancelled));
            Assert.IsType<AppendResult.Stored>(await store.AppendAsync(AppendBatch.Of(Events.Several("a", 2)), Cancelled));
            Assert.IsType<AppendResult.Fenced>(await store.AppendAsync(new AppendBatch(Events.Several("a", 2), [new OffsetMove(partition, 5, 6)], []), Cancelled));
            Assert.IsType<AppendResult.Stored>(await store.AppendAsync(AppendBatch.Of(Events.Several("a", 2)), Cancelled));
        }
    }

    private async Task AppendAsync(string[] users, Random random)
    {
        var items = users.SelectMany(u => Enumerable.Range(0, 1 + random.Next(3)).Select(_ => Events.New(u))).ToList();
        Assert.IsType<AppendResult.Stored>(await _store.AppendAsync(AppendBatch.Of(items), Cancelled));
    }

    private Task MoveDeliveredAsync(string[] users, Random random) =>
        _store.MoveDeliveredAsync([.. users.Select(u => new Delivered(u, random.Next(10_000)))], Cancelled);

    private static string[] SomeInAnyOrder(string[] users, Random random)
    {
        var shuffled = users.ToArray();
        random.Shuffle(shuffled);
        return shuffled[..random.Next(users.Length / 2, users.Length)];
    }

    private static TimeSpan Median(IEnumerable<TimeSpan> times) => times.Order().ElementAt(times.Count() / 2);

    /// <summary>A number that the server's sessions report when they end.</summary>
    private async Task<long> StatisticAsync(string sql)
    {
        await _store.DisposeAsync();
        await using var connection = await _database.ConnectAsync(Cancelled);
        await Eventually.HoldsAsync(
            "the store's sessions have ended",
            async ct =>
            {
                await using var others = new NpgsqlCommand(
                    "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid() AND backend_type = 'client backend'",
                    connection);
                return await others.ExecuteScalarAsync(ct) is 0L;
            },
            TimeSpan.FromSeconds(30),
            Cancelled);
        await using var command = new NpgsqlCommand(sql, connection);
        return (long)(await command.ExecuteScalarAsync(Cancelled))!;
    }
}
