using System.Globalization;
using Belfry.Servers;
using Belfry.SystemTests.Mailboxes;
using Belfry.SystemTests.Running;
using Npgsql;
using Xunit;

namespace Belfry.SystemTests.Outbox;

/// <summary>Events that an application publishes in its own transaction.</summary>
public sealed class OutboxTests(SharedPostgres shared)
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(90);

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Fact]
    public async Task What_is_committed_arrives_and_what_is_rolled_back_never_does()
    {
        var database = new PostgresDatabase(await shared.CreateDatabaseAsync(Cancelled));
        await using var service = await Service.StartAsync(database.ConnectionString, Cancelled);
        await using var client = service.Open("user-1");
        await using var application = await database.ConnectAsync(Cancelled);

        await using (var transaction = await application.BeginTransactionAsync(Cancelled))
        {
            await PublishAsync(application, "'job.posted', '{}', user_id => 'user-1', id => 'never'");
            await transaction.RollbackAsync(Cancelled);
        }

        string? made;
        await using (var transaction = await application.BeginTransactionAsync(Cancelled))
        {
            await PublishAsync(application, """'job.posted', '{"title": "Hello"}', user_id => 'user-1', id => 'first', priority => 'low'""");
            made = await PublishAsync(application, "'job.posted', '2', user_id => 'user-1', source => 'shop', priority => 'low'");
            await transaction.CommitAsync(Cancelled);
        }

        var arrived = await client.TakeAsync(2);
        Assert.Equal(["first", made], arrived.Select(n => n.Id));
        Assert.Equal(["outbox", "shop"], arrived.Select(n => n.Source));
        Assert.Equal(("""{"title": "Hello"}""", "LOW"), (arrived[0].Payload.GetRawText(), arrived[0].Priority.ToString().ToUpperInvariant()));
        Assert.Equal(0, await database.ReadNumberAsync("SELECT count(*) FROM belfry.outbox", Cancelled));
    }

    [Fact]
    public async Task What_was_committed_while_the_server_was_down_arrives_once_it_is_up()
    {
        var database = new PostgresDatabase(await shared.CreateDatabaseAsync(Cancelled));
        await using (await Service.StartAsync(database.ConnectionString, Cancelled))
        {
            // Makes the schema.
        }

        await using (var application = await database.ConnectAsync(Cancelled))
        {
            await PublishAsync(application, "'t', NULL, user_ids => ARRAY['user-1', 'user-2'], id => 'both'");
        }

        await using var service = await Service.StartAsync(database.ConnectionString, Cancelled);
        await using var one = service.Open("user-1");
        await using var two = service.Open("user-2");

        Assert.Equal("both", (await one.TakeAsync(1))[0].Id);
        Assert.Equal("both", (await two.TakeAsync(1))[0].Id);
    }

    [Fact]
    public async Task A_transaction_that_commits_late_is_not_passed_by()
    {
        var database = new PostgresDatabase(await shared.CreateDatabaseAsync(Cancelled));
        await using var service = await Service.StartAsync(database.ConnectionString, Cancelled);
        await using var client = service.Open("user-1");
        await using var slow = await database.ConnectAsync(Cancelled);
        await using var quick = await database.ConnectAsync(Cancelled);

        await using var late = await slow.BeginTransactionAsync(Cancelled);
        await PublishAsync(slow, "'t', NULL, user_id => 'user-1', id => 'late'");
        foreach (var id in (string[])["a", "b", "c"])
        {
            await PublishAsync(quick, $"'t', NULL, user_id => 'user-1', id => '{id}'");
            Assert.Equal(id, (await client.TakeAsync(1))[0].Id);
        }

        await late.CommitAsync(Cancelled);

        Assert.Equal("late", (await client.TakeAsync(1))[0].Id);
    }

    [Fact]
    public async Task Two_instances_and_a_kill_leave_every_event_stored_once_and_in_order()
    {
        const int transactions = 400, each = 10;
        var database = new PostgresDatabase(await shared.CreateDatabaseAsync(Cancelled));
        await using var one = await Service.StartAsync(database.ConnectionString, Cancelled);
        await using var two = await Service.StartAsync(database.ConnectionString, Cancelled);
        await using var application = await database.ConnectAsync(Cancelled);

        for (var t = 0; t < transactions; t++)
        {
            await using var command = new NpgsqlCommand(
                $"SELECT belfry.publish('t', NULL, user_id => 'user-' || n % 3, id => {t * each} + n || '') FROM generate_series(0, {each - 1}) n", application);
            await command.ExecuteNonQueryAsync(Cancelled);
            if (t != transactions / 2) continue;
            await one.Process.KillAsync();
            await one.Process.StartAgainAsync(ct: Cancelled);
        }

        await Eventually.HoldsAsync(
            "the outbox is empty", async ct => await database.ReadNumberAsync("SELECT count(*) FROM belfry.outbox", ct) == 0, Patience, Cancelled);
        Assert.Equal(transactions * each, await database.ReadNumberAsync("SELECT count(*) FROM belfry.notifications", Cancelled));
        Assert.Equal(0, await database.ReadNumberAsync("""
            SELECT count(*) FROM (SELECT event_id::int AS n, lag(event_id::int) OVER (PARTITION BY user_id ORDER BY seq) AS before FROM belfry.notifications) o
            WHERE n < before
            """, Cancelled));
    }

    [Theory]
    [InlineData("'t', NULL", "exactly one of")]
    [InlineData("'t', NULL, user_id => 'u', topic => 'news'", "exactly one of")]
    [InlineData("'', NULL, user_id => 'u'", "event_type is not 1 to 100")]
    [InlineData("'t', NULL, user_id => repeat('u', 256)", "user_id is not 1 to 255")]
    [InlineData("'t', NULL, user_id => E'u\\n'", "control character")]
    [InlineData("'t', NULL, user_ids => ARRAY['u', 'u']", "stands there twice")]
    [InlineData("'t', NULL, user_ids => ARRAY['u', NULL]", "an entry of user_ids")]
    [InlineData("'t', NULL, user_ids => ARRAY[]::text[]", "user_ids has not")]
    [InlineData("'t', NULL, user_id => 'u', priority => 'URGENT'", "priority is not")]
    [InlineData("'t', NULL, user_id => 'u', priority => NULL", "priority is not")]
    [InlineData("'t', to_json(repeat('x', 70000)), user_id => 'u'", "payload has more than")]
    [InlineData("'t', '\"\\u0000\"', user_id => 'u'", "unsupported Unicode escape")]
    public async Task What_the_server_would_refuse_is_refused_in_the_callers_transaction(string arguments, string message)
    {
        var database = await MigratedAsync();
        await using var application = await database.ConnectAsync(Cancelled);

        var refused = await Assert.ThrowsAsync<PostgresException>(() => PublishAsync(application, arguments));

        Assert.Contains(message, refused.MessageText, StringComparison.Ordinal);
        Assert.Equal("22", refused.SqlState[..2]);
    }

    [Fact]
    public async Task A_row_that_is_no_event_is_a_dead_letter_and_the_next_one_goes_on()
    {
        var database = new PostgresDatabase(await shared.CreateDatabaseAsync(Cancelled));
        await using var service = await Service.StartAsync(database.ConnectionString, Cancelled);
        await using var client = service.Open("user-1");

        await database.ExecuteAsync("""
            INSERT INTO belfry.outbox (event) VALUES ('{"event_type":"t"}'), ('{"user_id":"user-1","event_type":"t","id":"good"}')
            """, Cancelled);

        Assert.Equal("good", (await client.TakeAsync(1))[0].Id);
        Assert.Equal(1, await database.ReadNumberAsync("SELECT count(*) FROM belfry.dead_letters WHERE reason LIKE 'invalid-field: user_id is missing%'", Cancelled));
        Assert.Equal(0, await database.ReadNumberAsync("SELECT count(*) FROM belfry.outbox", Cancelled));
    }

    [Fact]
    public async Task Topics_and_times_are_as_at_the_other_ways_in()
    {
        var database = new PostgresDatabase(await shared.CreateDatabaseAsync(Cancelled));
        await using var service = await Service.StartAsync(database.ConnectionString, Cancelled);
        await database.ExecuteAsync("INSERT INTO belfry.topic_members VALUES ('news', 'user-1', now()), ('news', 'user-2', now())", Cancelled);
        await using var one = service.Open("user-1");
        await using var two = service.Open("user-2");
        await using var application = await database.ConnectAsync(Cancelled);

        await PublishAsync(application, "'t', NULL, user_id => 'user-1', id => 'later', deliver_at => now() + interval '2 seconds'");
        await PublishAsync(application, "'t', NULL, topic => 'news', id => 'n-1', event_timestamp => '2026-01-02T03:04:05.678+02', expires_at => '2100-01-02', collapse_key => 'k'");

        Assert.Equal(["n-1", "later"], (await one.TakeAsync(2)).Select(n => n.Id));
        var news = (await two.TakeAsync(1))[0];
        Assert.Equal(("n-1", DateTimeOffset.Parse("2026-01-02T01:04:05.678Z", CultureInfo.InvariantCulture)), (news.Id, news.EventTimestamp));
        Assert.Equal((DateTimeOffset.Parse("2100-01-02T00:00:00Z", CultureInfo.InvariantCulture), "k"), (news.ExpiresAt, news.CollapseKey));
    }

    [Fact]
    public async Task A_role_needs_only_the_use_of_the_schema()
    {
        var database = await MigratedAsync();
        await using var application = await database.ConnectAsync(Cancelled);
        await using var command = new NpgsqlCommand($"""
            CREATE ROLE {database.Name}_app; GRANT USAGE ON SCHEMA belfry TO {database.Name}_app; SET ROLE {database.Name}_app;
            SELECT belfry.publish('t', NULL, user_id => 'u');
            """, application);

        await command.ExecuteNonQueryAsync(Cancelled);

        var denied = await Assert.ThrowsAsync<PostgresException>(async () =>
        {
            await using var peek = new NpgsqlCommand("SELECT * FROM belfry.outbox", application);
            await peek.ExecuteNonQueryAsync(Cancelled);
        });
        Assert.Equal(PostgresErrorCodes.InsufficientPrivilege, denied.SqlState);
    }

    private static async Task<string?> PublishAsync(NpgsqlConnection application, string arguments)
    {
        await using var command = new NpgsqlCommand($"SELECT belfry.publish({arguments})", application);
        return (string?)await command.ExecuteScalarAsync(Cancelled);
    }

    private async Task<PostgresDatabase> MigratedAsync()
    {
        var database = new PostgresDatabase(await shared.CreateDatabaseAsync(Cancelled));
        await using var store = database.CreateStore();
        await store.OpenAsync(Cancelled);
        return database;
    }
}
