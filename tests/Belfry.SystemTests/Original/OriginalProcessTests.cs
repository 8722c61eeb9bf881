using Belfry.Contracts;
using Belfry.Hosting.Auth;
using Belfry.Servers;
using Belfry.SystemTests.Kafka;
using Belfry.SystemTests.Running;
using Npgsql;
using Xunit;

namespace Belfry.SystemTests.Original;

/// <summary>The original as a process, from Kafka to the stream.</summary>
public sealed class OriginalProcessTests(SharedPostgres postgres, SharedKafka kafka)
{
    private const int Partitions = 3;
    private const int Users = 10;

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);
    private static readonly AuthOptions Auth = new() { Secret = "a secret of the tests, long enough to sign" };

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task What_is_in_the_topic_reaches_the_users_who_are_connected(bool asPublished)
    {
        const int Events = 300;
        var (topic, database) = await NewAsync();
        // As published, a batch that is not full would wait for events that never come.
        var program = asPublished ? BelfryProgram.Original with { Arguments = ["--as-published"] } : BelfryProgram.Original;
        await using var process = await BelfryProcess.StartAsync(
            program, await SettingsAsync(database, topic, ("Original__BatchSize", asPublished ? "1" : "100")), ct: Cancelled);
        var clients = Enumerable.Range(0, Users).Select(user => Open(process, $"u{user}")).ToList();
        foreach (var client in clients) await client.NextAsync(StreamEvents.CaughtUp);

        var ids = Enumerable.Range(0, Events).Select(_ => Guid.CreateVersion7().ToString()).ToList();
        using var producer = TestProducer.Of(await kafka.BrokerAsync());
        await Task.WhenAll(ids.Select((id, n) => producer.SendAsync(topic, n % Partitions, TestProducer.Event(id, $"u{n % Users}", $$"""{"n":{{n}}}"""))));

        var received = new List<Notification>();
        foreach (var (client, user) in clients.Select((client, user) => (client, user)))
        {
            var own = await client.TakeAsync(Events / Users);
            Assert.All(own, notification => Assert.Equal($"u{user}", notification.UserId));
            received.AddRange(own);
        }

        Assert.Equal(Enumerable.Range(0, Events), received.Select(notification => notification.Payload.GetProperty("n").GetInt32()).Order());
        if (!asPublished) Assert.Equal(ids.Order(StringComparer.Ordinal), received.Select(notification => notification.Id).Order(StringComparer.Ordinal));
        await BecomesAsync(database, Events, "SELECT count(*) FROM notifications WHERE status = 'delivered'");
        foreach (var client in clients) await client.DisposeAsync();

        var end = await process.TerminateAsync(Patience, Cancelled);
        Assert.Equal(0, end.ExitCode);
    }

    [Fact]
    public async Task Repaired_a_kill_loses_no_row_doubles_none_and_leaves_none_claimed()
    {
        const int Events = 2000;
        var (topic, database) = await NewAsync();
        using var producer = TestProducer.Of(await kafka.BrokerAsync());
        var settings = await SettingsAsync(database, topic, ("Original__Lease", "1s"), ("Original__ReclaimInterval", "500ms"), ("Original__ConnectionBuffer", "1"));
        await using var process = await BelfryProcess.StartAsync(BelfryProgram.Original, settings, ct: Cancelled);

        var sending = Task.WhenAll(Enumerable.Range(0, Events).Select(n =>
            producer.SendAsync(topic, n % Partitions, TestProducer.Event(Guid.CreateVersion7().ToString(), $"u{n % Users}"))));
        await Eventually.HoldsAsync(
            "some rows are there", async _ => await ReadAsync(database, "SELECT count(*) FROM notifications") > 0, Patience, Cancelled);
        await process.KillAsync();
        await sending;
        await process.StartAgainAsync(ct: Cancelled);

        // Nobody is connected, so each of them has failed in the end.
        await BecomesAsync(database, Events, "SELECT count(*) FROM notifications WHERE status = 'failed'");
        Assert.Equal(Events, await ReadAsync(database, "SELECT count(*) FROM notifications"));
    }

    private static StreamClient Open(BelfryProcess process, string user) =>
        new(process.Url, new TokenMaker(Auth, TimeProvider.System).Make(user, TimeSpan.FromHours(1)), query: "", cursor: null, reconnect: false);

    private async Task<(string Topic, string Database)> NewAsync() =>
        (await kafka.CreateTopicAsync(Cancelled, Partitions), await postgres.CreateDatabaseAsync(Cancelled));

    private async Task<Dictionary<string, string>> SettingsAsync(string database, string topic, params (string Name, string Value)[] more)
    {
        var broker = await kafka.BrokerAsync();
        var settings = new Dictionary<string, string>
        {
            ["ConnectionStrings__Postgres"] = database,
            ["ConnectionStrings__Kafka"] = broker.BootstrapServers,
            ["Belfry__Kafka__Topics__0"] = topic,
            ["Belfry__Kafka__GroupId"] = $"group-of-{topic}",
            ["Belfry__Kafka__Properties__session_timeout_ms"] = KafkaServers.SessionTimeout,
            ["Belfry__Kafka__Properties__heartbeat_interval_ms"] = "500",
            ["Belfry__Auth__Secret"] = Auth.Secret!,
        };
        foreach (var (name, value) in KafkaBroker.ClientProperties) settings[$"Belfry__Kafka__Properties__{name.Replace('.', '_')}"] = value;
        foreach (var (name, value) in more) settings[name] = value;
        return settings;
    }

    private static Task BecomesAsync(string database, long expected, string sql) =>
        Eventually.HoldsAsync($"{expected}: {sql}", async _ => await ReadAsync(database, sql) == expected, Patience, Cancelled);

    private static async Task<long> ReadAsync(string database, string sql)
    {
        await using var connection = new NpgsqlConnection(database);
        await connection.OpenAsync(Cancelled);
        await using var command = new NpgsqlCommand(sql, connection);
        return (long)(await command.ExecuteScalarAsync(Cancelled))!;
    }
}
