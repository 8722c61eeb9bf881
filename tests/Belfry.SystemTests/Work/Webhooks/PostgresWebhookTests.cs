using Belfry.Mailboxes;
using Belfry.Servers;
using Belfry.SystemTests.Mailboxes;
using Belfry.Work;
using Belfry.Work.Postgres;
using Belfry.Work.Webhooks;
using Npgsql;
using Xunit;

namespace Belfry.SystemTests.Work.Webhooks;

/// <summary>The contract, held by PostgreSQL, and what only PostgreSQL has: several at once.</summary>
public sealed class PostgresWebhookTests(SharedPostgres postgres) : WebhookContract
{
    private const string LateAppend = """
        SELECT * FROM belfry.append(
            ARRAY['late'], ARRAY[gen_random_uuid()], ARRAY[gen_random_uuid()], ARRAY['tests'], ARRAY['late-2'], ARRAY['job.posted'], ARRAY[1::smallint],
            ARRAY[now()], ARRAY[NULL::text], ARRAY[NULL::json], ARRAY['{}'::json], '{}', '{}', '{}', '{}', '{}', '{}', '{}', '{}', '{}', '{}', '{}', '{}',
            '{}', '{}')
        """;

    private const string ManyRows = """
        INSERT INTO belfry.notifications (seq, received_at, event_timestamp, notification_id, event_key, priority, user_id, source, event_id, event_type, payload)
        SELECT n, belfry.now() - interval '1 minute', belfry.now(), gen_random_uuid(), gen_random_uuid(), 1, 'ann', 'tests', n::text, 'job.posted', '{}'
        FROM generate_series(1, 20000) n
        """;

    private const string IndexScans = "SELECT coalesce(sum(idx_scan), 0)::bigint FROM pg_stat_user_indexes WHERE indexrelname LIKE 'notifications%received'";

    private PostgresDatabase _database = null!;

    [Fact]
    public async Task Several_instances_look_one_after_the_other_and_find_each_notification_once()
    {
        await ScanAsync();
        for (var batch = 0; batch < 20; batch++) await AppendAsync([.. Enumerable.Range(0, 50).Select(n => Events.New($"user-{n}"))]);
        await PassTimeAsync(After + TimeSpan.FromSeconds(1));

        var scans = await Task.WhenAll(Enumerable.Range(0, 4).Select(async _ =>
        {
            var added = 0;
            WebhookScan scan;
            do added += (scan = await ScanAsync(Look(rows: 17))).Added;
            while (scan.More || !scan.Done);
            return added;
        }));

        Assert.Equal(1000, scans.Sum());
        Assert.Equal(1000, (await Tasks.CountAsync(Cancelled)).Due);
    }

    [Fact]
    public async Task Another_instance_that_has_just_looked_is_enough()
    {
        await ScanAsync();

        Assert.False((await ScanAsync(Look() with { Every = TimeSpan.FromMinutes(1) })).Done);
        await PassTimeAsync(TimeSpan.FromMinutes(1));
        Assert.True((await ScanAsync(Look() with { Every = TimeSpan.FromMinutes(1) })).Done);
    }

    [Fact]
    public async Task An_append_that_commits_late_is_not_passed_by()
    {
        await ScanAsync();
        await AppendAsync(Events.New("late"));
        await using var connection = await _database.ConnectAsync(Cancelled);
        await using (var transaction = await connection.BeginTransactionAsync(Cancelled))
        {
            await using var append = new NpgsqlCommand(LateAppend, connection, transaction);
            await append.ExecuteNonQueryAsync(Cancelled);
            await AppendAsync(Events.New("ann"));
            await PassTimeAsync(After + After);

            Assert.Equal((1, 0), ((await ScanAsync()).Added, (await ScanAsync()).Added));
            await transaction.CommitAsync(Cancelled);
        }

        var scan = await ScanAsync();
        Assert.Equal([("ann", 1), ("late", 1), ("late", 2)], (await ClaimAsync(scan.Number)).Select(t => (t.UserId, t.Seq)).Order());
    }

    [Fact]
    public async Task A_clock_that_was_set_back_loses_nothing()
    {
        await ScanAsync();
        await PassTimeAsync(TimeSpan.FromHours(2));
        await ScanAsync();
        await PassTimeAsync(-TimeSpan.FromHours(1));
        await ScanAsync();
        await AppendAsync(Events.New("ann"));
        await PassTimeAsync(After + TimeSpan.FromSeconds(1));

        Assert.Equal(1, (await ScanAsync()).Added);
    }

    [Fact]
    public async Task Every_partition_has_an_index_of_its_times_which_a_look_reads()
    {
        Assert.Equal(0, await _database.ReadNumberAsync(
            "SELECT count(*) FROM belfry.partitions WHERE to_regclass('belfry.' || name || '_received') IS NULL", Cancelled));
        await ScanAsync();
        await _database.ExecuteAsync(ManyRows, Cancelled);
        var before = await _database.ReadNumberAsync(IndexScans, Cancelled);

        // The server tells of what it has read only once a second.
        await Eventually.HoldsAsync("an index was read", async ct =>
        {
            await _database.ExecuteAsync("UPDATE belfry.webhook_endpoints SET received_at = belfry.now() - interval '1 hour'", ct);
            await ScanAsync();
            return await _database.ReadNumberAsync(IndexScans, ct) > before;
        }, TimeSpan.FromSeconds(60), Cancelled);
    }

    private protected override async Task<(IMailboxStore Mailboxes, ITaskStore Tasks, IWebhookStore Webhooks)> PrepareAsync()
    {
        _database = new PostgresDatabase(await postgres.CreateDatabaseAsync(Cancelled));
        var store = _database.CreateStore();
        return (store, new PostgresTaskStore(store), new PostgresWebhookStore(store, TimeProvider.System));
    }

    private protected override void CleanUp()
    {
        // The server removes its databases.
    }

    private protected override Task PassTimeAsync(TimeSpan time) => _database.PassTimeAsync(time, Cancelled);
}
