using System.Diagnostics.Metrics;
using Belfry.Ingest.Kafka;
using Belfry.Mailboxes;
using Belfry.Servers;
using Belfry.Settings;
using Belfry.SystemTests.Ingest;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;
using Xunit;

namespace Belfry.SystemTests.Kafka;

public sealed class FaultTests(SharedPostgres postgres, SharedKafka kafka)
{
    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Fact]
    public async Task While_kafka_is_away_the_server_is_up_and_not_ready_and_goes_on_when_it_is_back()
    {
        await using var broker = await Parts.RequireOrSkipAsync(() => KafkaBroker.StartAsync(Cancelled));
        await broker.CreateTopicAsync("events", 1, Cancelled);
        using var producer = TestProducer.Of(broker);
        await using var server = await KafkaServers.StartAsync(broker, await postgres.CreateDatabaseAsync(Cancelled), "events");
        var readiness = server.Services.GetRequiredService<Readiness>();
        await producer.SendAsync("events", 0, TestProducer.Event("1", "u"));
        await server.HoldsAsync(1);
        Assert.True(readiness.Parts["kafka"].Ready);

        await broker.KillAsync();
        await Eventually.HoldsAsync("Kafka is reported away", () => !readiness.Parts["kafka"].Ready, TestServer.Patience, Cancelled);
        using var published = await server.PublishAsync(TestProducer.Event("2", "u"));
        Assert.Equal(System.Net.HttpStatusCode.Accepted, published.StatusCode);

        await broker.StartAgainAsync(Cancelled);
        await producer.SendAsync("events", 0, TestProducer.Event("3", "u"));
        await server.HoldsAsync(3);
        await Eventually.HoldsAsync("Kafka is reported back", () => readiness.Parts["kafka"].Ready, TestServer.Patience, Cancelled);
    }

    [Fact]
    public async Task A_server_that_is_started_before_kafka_waits_for_it()
    {
        await using var broker = await Parts.RequireOrSkipAsync(() => KafkaBroker.StartAsync(Cancelled));
        await broker.CreateTopicAsync("events", 1, Cancelled);
        await broker.StopAsync(Cancelled);

        await using var server = await KafkaServers.StartAsync(broker, await postgres.CreateDatabaseAsync(Cancelled), "events");
        Assert.False(server.Services.GetRequiredService<Readiness>().IsReady);

        await broker.StartAgainAsync(Cancelled);
        using var producer = TestProducer.Of(broker);
        await producer.SendAsync("events", 0, TestProducer.Event("1", "u"));
        await server.HoldsAsync(1);
        Assert.True(server.Services.GetRequiredService<Readiness>().IsReady);
    }

    [Fact]
    public async Task A_server_whose_kafka_is_away_stops_in_time()
    {
        await using var broker = await Parts.RequireOrSkipAsync(() => KafkaBroker.StartAsync(Cancelled));
        await broker.CreateTopicAsync("events", 1, Cancelled);
        using var producer = TestProducer.Of(broker);
        await using var server = await KafkaServers.StartAsync(broker, await postgres.CreateDatabaseAsync(Cancelled), "events");
        await producer.SendAsync("events", 0, TestProducer.Event("1", "u"));
        await server.HoldsAsync(1);

        await broker.KillAsync();
        var readiness = server.Services.GetRequiredService<Readiness>();
        await Eventually.HoldsAsync("Kafka is reported away", () => !readiness.Parts["kafka"].Ready, TestServer.Patience, Cancelled);
        await server.StopAsync().WaitAsync(TimeSpan.FromSeconds(10), TimeProvider.System, Cancelled);
    }

    [Fact]
    public async Task A_server_whose_kafka_stands_still_stops_in_time_and_in_good_order()
    {
        await using var broker = await Parts.RequireOrSkipAsync(() => KafkaBroker.StartAsync(Cancelled));
        await broker.CreateTopicAsync("events", 1, Cancelled);
        using var producer = TestProducer.Of(broker);
        await using var server = await KafkaServers.StartAsync(
            broker, await postgres.CreateDatabaseAsync(Cancelled), "events", ("Belfry__Shutdown__Grace", "2s"));
        await producer.SendAsync("events", 0, TestProducer.Event("1", "u"));
        await server.HoldsAsync(1);

        broker.Freeze();
        try
        {
            await server.StopAsync().WaitAsync(TimeSpan.FromSeconds(20), TimeProvider.System, Cancelled);
        }
        finally
        {
            broker.Thaw();
        }
    }

    [Fact]
    public async Task When_the_store_does_not_answer_partitions_pause_and_nothing_is_lost_or_changes_places()
    {
        var (broker, topic, database) = await NewAsync();
        await using var proxy = FaultProxy.Start(new NpgsqlConnectionStringBuilder(database).Port);
        await using var server = await StartBehindAsync(proxy, broker, database, topic, ("Belfry__Ingest__QueueItems", "100"), ("Belfry__Ingest__MaxBatch", "50"));
        using var producer = TestProducer.Of(broker);
        await producer.SendManyAsync(topic, 3, "a", 10);
        await server.HoldsAsync(10);

        proxy.Refuse();
        proxy.Cut();
        await producer.SendManyAsync(topic, 3, "b", 2000);
        await Eventually.HoldsAsync("partitions are paused", () => Read(server, "belfry.kafka.paused") > 0, TestServer.Patience, Cancelled);
        await Eventually.HoldsAsync("the lag is seen", () => Read(server, "belfry.kafka.lag") > 1500, TestServer.Patience, Cancelled);

        proxy.Accept();
        await server.HoldsAsync(2010);
        Assert.Equal(0L, await server.QueryAsync("""
            SELECT count(*) FROM (SELECT seq, row_number() OVER (PARTITION BY user_id ORDER BY left(event_id, 1), substring(event_id FROM 2)::int) AS expected
                                  FROM belfry.notifications) n WHERE seq <> expected
            """));
        await Eventually.HoldsAsync("nothing is paused", () => Read(server, "belfry.kafka.paused") == 0, TestServer.Patience, Cancelled);
        await Eventually.HoldsAsync("there is no lag", () => Read(server, "belfry.kafka.lag") == 0, TestServer.Patience, Cancelled);
    }

    [Fact]
    public async Task A_partition_that_was_paused_when_it_was_taken_away_is_read_when_it_comes_back()
    {
        var (broker, topic, database) = await NewAsync();
        await using var proxy = FaultProxy.Start(new NpgsqlConnectionStringBuilder(database).Port);
        await using var first = await StartBehindAsync(proxy, broker, database, topic, ("Belfry__Ingest__QueueItems", "100"), ("Belfry__Ingest__MaxBatch", "50"));
        using var producer = TestProducer.Of(broker);
        await producer.SendManyAsync(topic, 3, "a", 10);
        await first.HoldsAsync(10);

        proxy.Refuse();
        proxy.Cut();
        await producer.SendManyAsync(topic, 3, "b", 2000);
        await Eventually.HoldsAsync("partitions are paused", () => Read(first, "belfry.kafka.paused") > 0, TestServer.Patience, Cancelled);
        await using (var second = await KafkaServers.StartAsync(broker, database, topic))
        {
            await Eventually.HoldsAsync("the other one has some of them", () => second.Log.Lines.Any(l => l.Contains("Reading ", StringComparison.Ordinal)), TestServer.Patience, Cancelled);
            proxy.Accept();
            await second.StopAsync();
        }

        await producer.SendManyAsync(topic, 3, "c", 300);
        await first.HoldsAsync(2310);
    }

    [Fact]
    public async Task A_commit_whose_answer_was_lost_is_stored_once_and_moves_the_offset_once()
    {
        var (broker, topic, database) = await NewAsync();
        await using var proxy = FaultProxy.Start(new NpgsqlConnectionStringBuilder(database).Port);
        await using var server = await StartBehindAsync(proxy, broker, database, topic);
        using var producer = TestProducer.Of(broker);
        await producer.SendAsync(topic, 0, TestProducer.Event("first", "u"));
        await server.HoldsAsync(1);

        var lost = proxy.LoseAnswerAsync("the-lost-one"u8, "SELECT"u8);
        await producer.SendAsync(topic, 0, TestProducer.Event("the-lost-one", "u"));
        await lost.WaitAsync(TestServer.Patience, TimeProvider.System, Cancelled);
        await producer.SendAsync(topic, 0, TestProducer.Event("after", "u"));
        await server.HoldsAsync(3);

        await server.BecomesAsync(3L, "SELECT max(next_offset) FROM belfry.kafka_offsets");
        Assert.Equal(
            "first,the-lost-one,after",
            await server.QueryAsync("SELECT string_agg(event_id, ',' ORDER BY seq) FROM belfry.notifications"));
        Assert.DoesNotContain(server.Log.Lines, line => line.Contains("Another consumer", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("cooperative-sticky")]
    [InlineData("range")]
    public async Task A_position_that_is_not_in_kafka_any_more_is_said_loudly_and_reading_begins_at_the_oldest_record(string strategy)
    {
        var (broker, topic, database) = await NewAsync();
        using var producer = TestProducer.Of(broker);
        for (var n = 0; n < 20; n++) await producer.SendAsync(topic, 0, TestProducer.Event($"e-{n}", "u"));
        await using var server = await KafkaServers.StartAsync(
            broker, database, topic, ("Belfry__Kafka__Properties__partition_assignment_strategy", strategy));
        await server.HoldsAsync(20);

        // As if the topic had been made anew, and what stands in it now were new too.
        var store = server.Services.GetRequiredService<IMailboxStore>();
        await store.SetOffsetAsync(new PartitionKey("default", $"group-of-{topic}", topic, 0), 5000, Cancelled);
        await producer.SendAsync(topic, 0, TestProducer.Event("new", "u"));
        await server.HoldsAsync(21);

        await server.BecomesAsync(21L, "SELECT max(next_offset) FROM belfry.kafka_offsets");
        Assert.Contains(server.Log.Lines, line => line.Contains($"POSITION LOST: {topic} [[0]] stood at 5000", StringComparison.Ordinal));
        await producer.SendAsync(topic, 0, TestProducer.Event("newer", "u"));
        await producer.SendAsync(topic, 1, TestProducer.Event("elsewhere", "v"));
        await server.HoldsAsync(23);
    }

    private static Task<TestServer> StartBehindAsync(
        FaultProxy proxy, KafkaBroker broker, string database, string topic, params (string Key, string Value)[] settings) =>
        KafkaServers.StartAsync(
            broker,
            database,
            topic,
            [
                ("ConnectionStrings__Postgres", new NpgsqlConnectionStringBuilder(database) { Port = proxy.Port }.ConnectionString),
                ("Belfry__Ingest__Lanes", "1"),
                .. settings,
            ]);

    /// <summary>The sum of a gauge of this server.</summary>
    private static long Read(TestServer server, string gauge)
    {
        var factory = server.Services.GetRequiredService<IMeterFactory>();
        _ = server.Services.GetRequiredService<KafkaMetrics>();
        long sum = 0;
        using var listener = new MeterListener
        {
            InstrumentPublished = (instrument, l) =>
            {
                if (instrument.Name == gauge && instrument.Meter.Scope == factory) l.EnableMeasurementEvents(instrument);
            },
        };
        listener.SetMeasurementEventCallback<long>((_, value, _, _) => sum += value);
        listener.SetMeasurementEventCallback<int>((_, value, _, _) => sum += value);
        listener.Start();
        listener.RecordObservableInstruments();
        return sum;
    }

    private async Task<(KafkaBroker Broker, string Topic, string Database)> NewAsync() =>
        (await kafka.BrokerAsync(), await kafka.CreateTopicAsync(Cancelled, 3), await postgres.CreateDatabaseAsync(Cancelled));
}
