using Belfry.Servers;
using Belfry.SystemTests.Ingest;
using Belfry.SystemTests.Running;
using Npgsql;
using Xunit;

namespace Belfry.SystemTests.Kafka;

public sealed class RebalanceTests(SharedPostgres postgres, SharedKafka kafka)
{
    private const int Partitions = 4;

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("cooperative-sticky")]
    [InlineData("range")]
    public async Task Consumers_that_come_and_go_lose_double_and_reorder_nothing(string strategy)
    {
        var (broker, topic, database) = await NewAsync();
        var assignor = ("Belfry__Kafka__Properties__partition_assignment_strategy", strategy);
        using var producer = TestProducer.Of(broker);
        await using var first = await KafkaServers.StartAsync(broker, database, topic, assignor);

        var producing = ProduceAsync(producer, topic, 4000);
        await UntilAsync(first, 500);
        await using var second = await KafkaServers.StartAsync(broker, database, topic, assignor);
        await ReadsAsync(second);
        await UntilAsync(second, 2500);
        await first.StopAsync();

        await producing;
        await second.CheckAsync(4000);
        await second.BecomesAsync(4000L, "SELECT sum(next)::bigint FROM (SELECT max(next_offset) AS next FROM belfry.kafka_offsets GROUP BY partition_id) p");
    }

    [Fact]
    public async Task A_consumer_that_is_killed_in_the_middle_loses_and_doubles_nothing()
    {
        var (broker, topic, database) = await NewAsync();
        using var producer = TestProducer.Of(broker);
        await using var service = await Service.StartAsync(database, Cancelled, KafkaServers.SettingsFor(broker, topic));
        await using var look = await TestServer.StartAsync(database);
        await look.OpenedAsync();

        var producing = ProduceAsync(producer, topic, 6000);
        foreach (var until in (int[])[1000, 3000])
        {
            await UntilAsync(look, until);
            await service.Process.KillAsync();
            await service.Process.StartAgainAsync(ct: Cancelled);
        }

        await producing;
        await look.CheckAsync(6000);
    }

    [Fact]
    public async Task What_a_consumer_stores_after_it_was_given_up_for_dead_is_fenced()
    {
        var (broker, topic, database) = await NewAsync();
        using var producer = TestProducer.Of(broker);
        await using var proxy = FaultProxy.Start(new NpgsqlConnectionStringBuilder(database).Port);
        await using var zombie = await KafkaServers.StartAsync(
            broker,
            database,
            topic,
            ("ConnectionStrings__Postgres", new NpgsqlConnectionStringBuilder(database) { Port = proxy.Port }.ConnectionString),
            ("Belfry__Ingest__Lanes", "1"));
        await ProduceAsync(producer, topic, 100);
        await zombie.CheckAsync(100);

        // Its next batch is on its way, and stays there, while the group gives half of its partitions to another.
        proxy.Stall(Way.ToServer);
        await ProduceAsync(producer, topic, 300, from: 100);
        await using var heir = await KafkaServers.StartAsync(broker, database, topic);
        await UntilAsync(heir, 101);

        // What was on its way arrives.
        proxy.Resume();
        await heir.CheckAsync(300);
        await heir.BecomesAsync(300L, "SELECT sum(next)::bigint FROM (SELECT max(next_offset) AS next FROM belfry.kafka_offsets GROUP BY partition_id) p");
    }

    [Fact]
    public async Task What_a_killed_instance_was_reading_the_others_go_on_with()
    {
        var (broker, topic, database) = await NewAsync();
        using var producer = TestProducer.Of(broker);
        await using var killed = await Service.StartAsync(database, Cancelled, KafkaServers.SettingsFor(broker, topic));
        await using var heir = await KafkaServers.StartAsync(broker, database, topic);
        await ReadsAsync(heir);

        var producing = ProduceAsync(producer, topic, 6000);
        await UntilAsync(heir, 1000);
        await killed.Process.KillAsync();

        await producing;
        await heir.CheckAsync(6000);
    }

    [Fact]
    public async Task An_instance_that_stood_still_past_its_session_comes_back_and_writes_nothing_twice()
    {
        var (broker, topic, database) = await NewAsync();
        using var producer = TestProducer.Of(broker);
        await using var zombie = await Service.StartAsync(database, Cancelled, KafkaServers.SettingsFor(broker, topic));
        await using var heir = await KafkaServers.StartAsync(broker, database, topic);
        await ReadsAsync(heir);

        var producing = ProduceAsync(producer, topic, 6000);
        await UntilAsync(heir, 1000);
        zombie.Process.Freeze();
        await producing;
        // All of it, which nobody but the heir can have stored.
        await heir.CheckAsync(6000);
        zombie.Process.Thaw();
        await ProduceAsync(producer, topic, 7000, from: 6000);

        await heir.CheckAsync(7000);
        await heir.BecomesAsync(7000L, "SELECT sum(next)::bigint FROM (SELECT max(next_offset) AS next FROM belfry.kafka_offsets GROUP BY partition_id) p");
    }

    private static Task ReadsAsync(TestServer server) =>
        Eventually.HoldsAsync("it reads too", () => server.Log.Lines.Any(l => l.Contains("Reading ", StringComparison.Ordinal)), Patience, Cancelled);

    private static Task UntilAsync(TestServer server, long stored) => Eventually.HoldsAsync(
        $"{stored} are stored",
        async _ => (long)(await server.QueryAsync("SELECT count(*) FROM belfry.notifications"))! >= stored,
        Patience,
        Cancelled);

    /// <summary>Produces e0, e1 and so on for ten users, each in his partition, so that the broker has each user's in order.</summary>
    private static async Task ProduceAsync(TestProducer producer, string topic, int to, int from = 0)
    {
        const int chunk = 50;
        for (var begin = from; begin < to; begin += chunk)
        {
            await Task.WhenAll(Enumerable.Range(begin, Math.Min(chunk, to - begin))
                .Select(n => producer.SendAsync(topic, n % 10 % Partitions, TestProducer.Event($"e{n}", $"u{n % 10}"), $"u{n % 10}")));
        }
    }

    private async Task<(KafkaBroker Broker, string Topic, string Database)> NewAsync() =>
        (await kafka.BrokerAsync(), await kafka.CreateTopicAsync(Cancelled, Partitions), await postgres.CreateDatabaseAsync(Cancelled));
}
