using System.Text;
using Belfry.Original.Table;
using Npgsql;
using Xunit;
using static Belfry.SystemTests.Original.OriginalDatabase;

namespace Belfry.SystemTests.Original;

public sealed class NotificationTableTests(SharedPostgres shared)
{
    private static readonly TimeSpan Lease = TimeSpan.FromSeconds(30);

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task What_was_inserted_is_what_a_claim_returns(bool asPublished)
    {
        await using var database = await CreateAsync(shared, asPublished);
        var row = Row(payload: """{"n": 1}""");

        if (asPublished) await database.Table.InsertAsync(row, Cancelled);
        else Assert.Equal(1, await database.Table.InsertAsync([row], Cancelled));
        var claimed = Assert.Single(await database.Table.ClaimAsync("me", Lease, 500, Cancelled));

        Assert.Equal(row with { Payload = claimed.Payload }, claimed);
        Assert.Equal("""{"n": 1}""", Encoding.UTF8.GetString(claimed.Payload));
        Assert.Equal(1, await database.CountAsync("status = 'claimed' AND instance_id = 'me' AND lease_timeout BETWEEN now() + interval '20 s' AND now() + interval '30 s'"));
    }

    [Theory]
    [InlineData(true, "MEDIUM LOW HIGH")]
    [InlineData(false, "HIGH MEDIUM LOW")]
    public async Task A_claim_takes_the_first_by_priority_which_as_published_is_compared_as_text(bool asPublished, string order)
    {
        await using var database = await CreateAsync(shared, asPublished);
        foreach (var priority in new[] { "LOW", "HIGH", "MEDIUM" }) await database.Table.InsertAsync(Row(priority: priority), Cancelled);

        var claimed = new List<string>();
        while (await database.Table.ClaimAsync("me", Lease, 1, Cancelled) is [var row]) claimed.Add(row.Priority);

        Assert.Equal(order, string.Join(' ', claimed));
    }

    [Fact]
    public async Task Repaired_one_claim_hands_out_its_rows_by_priority_then_age()
    {
        await using var database = await CreateAsync(shared, asPublished: false);
        foreach (var (user, priority) in new[] { ("a", "LOW"), ("b", "MEDIUM"), ("c", "HIGH"), ("d", "MEDIUM"), ("e", "HIGH") })
        {
            await database.Table.InsertAsync([Row(user, priority)], Cancelled);
        }

        var claimed = await database.Table.ClaimAsync("me", Lease, 500, Cancelled);

        Assert.Equal(["c", "e", "b", "d", "a"], claimed.Select(row => row.UserId));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Pickers_at_the_same_time_share_the_rows_and_none_gets_what_another_has(bool asPublished)
    {
        await using var database = await CreateAsync(shared, asPublished);
        await database.Table.InsertAsync([.. Enumerable.Range(0, 2000).Select(i => Row($"user-{i % 50}"))], Cancelled);

        var claims = await Task.WhenAll(Enumerable.Range(0, 10).Select(async picker =>
        {
            var mine = new List<Guid>();
            while (await database.Table.ClaimAsync($"picker-{picker}", Lease, 50, Cancelled) is { Count: > 0 } rows) mine.AddRange(rows.Select(row => row.NotificationId));
            return mine;
        }));

        var all = claims.SelectMany(claim => claim).ToList();
        Assert.Equal(2000, all.Count);
        Assert.Equal(2000, all.Distinct().Count());
    }

    [Fact]
    public async Task A_row_that_another_transaction_is_claiming_is_skipped_not_waited_for()
    {
        await using var database = await CreateAsync(shared, asPublished: false);
        var (held, free) = (Row(), Row());
        await database.Table.InsertAsync([held, free], Cancelled);
        await using var other = new NpgsqlConnection(database.ConnectionString);
        await other.OpenAsync(Cancelled);
        await using var transaction = await other.BeginTransactionAsync(Cancelled);
        await using var hold = new NpgsqlCommand($"SELECT FROM notifications WHERE notification_id = '{held.NotificationId}' FOR UPDATE", other, transaction);
        await hold.ExecuteNonQueryAsync(Cancelled);

        var claimed = await database.Table.ClaimAsync("me", Lease, 500, Cancelled);

        Assert.Equal([free.NotificationId], claimed.Select(row => row.NotificationId));
    }

    [Fact]
    public async Task Only_a_row_whose_lease_has_run_out_is_given_back_and_can_be_claimed_again()
    {
        await using var database = await CreateAsync(shared, asPublished: false);
        await database.Table.InsertAsync([Row("dead"), Row("alive"), Row("done")], Cancelled);
        await database.Table.ClaimAsync("gone", Lease, 500, Cancelled);
        await database.ExecuteAsync("UPDATE notifications SET lease_timeout = now() - interval '1 ms' WHERE user_id <> 'alive'");
        await database.ExecuteAsync("UPDATE notifications SET status = 'delivered' WHERE user_id = 'done'");

        Assert.Equal(1, await database.Table.ReclaimAsync(Cancelled));

        Assert.Equal(1, await database.CountAsync("user_id = 'dead' AND status = 'not_pushed' AND instance_id IS NULL AND lease_timeout IS NULL AND retry_count = 1"));
        Assert.Equal(["dead"], (await database.Table.ClaimAsync("me", Lease, 500, Cancelled)).Select(row => row.UserId));
    }

    [Fact]
    public async Task Repaired_a_batch_that_is_read_again_is_there_once()
    {
        await using var database = await CreateAsync(shared, asPublished: false);
        NotificationRow[] batch = [Row("a"), Row("b")];

        Assert.Equal(2, await database.Table.InsertAsync(batch, Cancelled));
        Assert.Equal(1, await database.Table.InsertAsync([.. batch, Row("c")], Cancelled));

        Assert.Equal(3, await database.CountAsync("true"));
    }

    [Fact]
    public async Task Repaired_a_batch_is_inserted_whole_or_not_at_all()
    {
        await using var database = await CreateAsync(shared, asPublished: false);

        await Assert.ThrowsAsync<PostgresException>(() => database.Table.InsertAsync([Row(), Row(payload: "no JSON")], Cancelled));

        Assert.Equal(0, await database.CountAsync("true"));
    }

    [Fact]
    public async Task As_published_each_row_is_a_transaction_of_its_own()
    {
        await using var database = await CreateAsync(shared, asPublished: true);

        foreach (var i in Enumerable.Range(0, 3)) await database.Table.InsertAsync(Row($"user-{i}"), Cancelled);
        Assert.Equal(3, await database.ReadAsync<long>("SELECT count(DISTINCT xmin::text) FROM notifications"));
    }

    [Theory]
    [InlineData(NotificationStatus.Delivered)]
    [InlineData(NotificationStatus.Failed)]
    public async Task A_mark_sets_the_status_of_just_the_named_rows(string status)
    {
        await using var database = await CreateAsync(shared, asPublished: false);
        NotificationRow[] rows = [Row("a"), Row("b"), Row("c")];
        await database.Table.InsertAsync(rows, Cancelled);

        await database.Table.MarkAsync(rows[0].NotificationId, status, Cancelled);
        await database.Table.MarkAsync([rows[1].NotificationId], status, Cancelled);

        Assert.Equal(2, await database.CountAsync($"status = '{status}' AND user_id IN ('a', 'b')"));
        Assert.Equal(1, await database.CountAsync("status = 'not_pushed'"));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task The_table_has_the_columns_and_the_three_indexes_of_the_original(bool asPublished)
    {
        await using var database = await CreateAsync(shared, asPublished);
        await database.Table.CreateAsync(Cancelled);

        var columns = await database.ReadAsync<string>("""
            SELECT string_agg(column_name || ' ' || udt_name || coalesce('(' || character_maximum_length || ')', ''), ', ' ORDER BY ordinal_position)
            FROM information_schema.columns WHERE table_name = 'notifications'
            """);
        Assert.Equal(
            "notification_id uuid, user_id varchar(255), event_type varchar(100), priority varchar(10), status varchar(20), "
            + "instance_id varchar(255), lease_timeout timestamptz, retry_count int4, event_timestamp timestamptz, "
            + "notification_received_timestamp timestamptz, payload jsonb, created_at timestamptz",
            columns);
        Assert.Equal(3, await database.ReadAsync<long>("SELECT count(*) FROM pg_index WHERE indrelid = 'notifications'::regclass AND NOT indisprimary"));
    }
}
