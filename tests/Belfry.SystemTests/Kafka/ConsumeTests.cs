using System.Text;
using System.Text.Json;
using Belfry.Mailboxes;
using Belfry.Servers;
using Belfry.SystemTests.Ingest;
using Confluent.Kafka;
using Microsoft.Extensions.DependencyInjection;
using Xunit;

namespace Belfry.SystemTests.Kafka;

public sealed class ConsumeTests(SharedPostgres postgres, SharedKafka kafka)
{
    private const int Partitions = 3;

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Fact]
    public async Task What_is_in_the_topic_reaches_its_users_in_order()
    {
        var (broker, topic, database) = await NewAsync();
        using var producer = TestProducer.Of(broker);
        await producer.SendManyAsync(topic, Partitions, "before-", 500);

        await using var server = await KafkaServers.StartAsync(broker, database, topic);
        await server.HoldsAsync(500);
        await producer.SendManyAsync(topic, Partitions, "after-", 500);
        await server.HoldsAsync(1000);

        Assert.Equal(0L, await server.QueryAsync("""
            SELECT count(*) FROM (SELECT seq, row_number() OVER (PARTITION BY user_id ORDER BY substring(event_id FROM '-(.*)')::int
                                                                 + CASE WHEN event_id LIKE 'after%' THEN 1000 ELSE 0 END) AS expected
                                  FROM belfry.notifications) n WHERE seq <> expected
            """));
    }

    [Fact]
    public async Task A_batch_that_is_read_again_is_stored_once_with_an_id_and_without()
    {
        var (broker, topic, database) = await NewAsync();
        using var producer = TestProducer.Of(broker);
        for (var n = 0; n < 50; n++)
        {
            await producer.SendAsync(topic, 0, TestProducer.Event($"e-{n}", "u"));
            await producer.SendAsync(topic, 0, """{"user_id":"u","event_type":"t"}""");
        }

        await using var server = await KafkaServers.StartAsync(broker, database, topic);
        await server.HoldsAsync(100);
        Assert.Equal($"{topic}/0/99 {topic}", await server.QueryAsync("SELECT event_id || ' ' || source FROM belfry.notifications WHERE seq = 100"));

        // Somebody rewinds the partition under the running consumer, which finds out with its next batch.
        var store = server.Services.GetRequiredService<IMailboxStore>();
        await store.SetOffsetAsync(new PartitionKey("default", $"group-of-{topic}", topic, 0), 10, Cancelled);
        await producer.SendAsync(topic, 0, TestProducer.Event("last", "u"));
        await server.HoldsAsync(101);

        await server.BecomesAsync(101L, "SELECT max(next_offset) FROM belfry.kafka_offsets");
        Assert.Equal(101L, await server.QueryAsync("SELECT count(DISTINCT event_id) FROM belfry.notifications"));
        Assert.Contains(server.Log.Lines, line => line.Contains($"Reading {topic} [[0]] from 10", StringComparison.Ordinal));
    }

    [Fact]
    public async Task An_event_that_its_producer_sent_twice_is_one_notification()
    {
        var (broker, topic, database) = await NewAsync();
        using var producer = TestProducer.Of(broker);
        foreach (var partition in new[] { 0, 0, 1 }) await producer.SendAsync(topic, partition, TestProducer.Event("same", "u"));
        await producer.SendAsync(topic, 2, TestProducer.Event("other", "u"));

        await using var server = await KafkaServers.StartAsync(broker, database, topic);
        await server.HoldsAsync(2);
        await server.BecomesAsync(3L, "SELECT count(*) FROM (SELECT partition_id FROM belfry.kafka_offsets GROUP BY 1 HAVING max(next_offset) > 0) p");
        Assert.Equal(2L, await server.QueryAsync("SELECT count(*) FROM belfry.notifications"));

        // The same event by HTTP is the same event.
        using var answer = await server.PublishAsync($$"""{"id":"same","source":"{{topic}}","user_id":"u","event_type":"t"}""");
        Assert.True((await TestServer.ReadAsync(answer)).GetProperty("accepted")[0].GetProperty("duplicate").GetBoolean());
    }

    [Fact]
    public async Task Every_kind_of_poison_becomes_a_dead_letter_and_the_good_records_around_it_are_stored()
    {
        var (broker, topic, database) = await NewAsync();
        using var producer = TestProducer.Of(broker);
        (byte[]? Value, string Reason)[] poison =
        [
            (null, "malformed"),
            ([], "malformed"),
            ("not json"u8.ToArray(), "malformed"),
            ([0xC3, 0x28], "malformed"),
            ("[]"u8.ToArray(), "malformed"),
            ("{\"event_type\":\"t\"}"u8.ToArray(), "invalid-field"),
            ("{\"user_id\":\"u\"}"u8.ToArray(), "invalid-field"),
            ("{\"user_id\":\"u\",\"event_type\":\"t\",\"topic\":\"news\"}"u8.ToArray(), "invalid-field"),
            ("{\"user_id\":\"u\",\"event_type\":\"t\",\"expires_at\":\"never\"}"u8.ToArray(), "invalid-field"),
            ("{\"user_id\":\"u\",\"event_type\":\"t\",\"payload\":\"\\u0000\"}"u8.ToArray(), "invalid-payload"),
            ("{\"user_id\":\"u\",\"event_type\":\"t\",\"payload\":1e400000}"u8.ToArray(), "invalid-payload"),
            (Encoding.UTF8.GetBytes($$"""{"user_id":"u","event_type":"t","payload":"{{new string('x', 70_000)}}"}"""), "too-large"),
            ("{\"specversion\":\"1.0\",\"id\":\"1\",\"source\":\"s\",\"type\":\"t\",\"subject\":\"u\",\"data_base64\":\"AA==\"}"u8.ToArray(), "not-supported"),
        ];
        for (var n = 0; n < poison.Length; n++)
        {
            await producer.SendAsync(topic, 0, TestProducer.Event($"good-{n}", "u"));
            await producer.SendAsync(topic, 0, poison[n].Value, [0xFF, (byte)n]);
        }

        await producer.SendAsync(topic, 0, TestProducer.Event("last", "u"));
        await using var server = await KafkaServers.StartAsync(broker, database, topic);
        await server.HoldsAsync(poison.Length + 1);

        // Each position once; in the topic, in the store, marked.
        var letters = ReadDeadLetters(broker, $"{topic}.dlq", poison.Length);
        Assert.Equal(
            Enumerable.Range(0, poison.Length).Select(n => $"{topic}/0/{(2 * n) + 1}"),
            letters.OrderBy(l => l.GetProperty("offset").GetInt64()).Select(l => l.GetProperty("id").GetString()));
        foreach (var letter in letters)
        {
            var n = (int)(letter.GetProperty("offset").GetInt64() - 1) / 2;
            Assert.StartsWith(poison[n].Reason + ": ", letter.GetProperty("reason").GetString(), StringComparison.Ordinal);
            Assert.Equal([0xFF, (byte)n], letter.GetProperty("key").GetBytesFromBase64());
            Assert.Equal(topic, letter.GetProperty("topic").GetString());
            Assert.Equal(0, letter.GetProperty("partition").GetInt32());
            Assert.Equal(DateTimeKind.Utc, letter.GetProperty("received_at").GetDateTime().Kind);
            if (poison[n].Value is not { } value) Assert.Equal(JsonValueKind.Null, letter.GetProperty("value").ValueKind);
            else Assert.Equal(value, letter.GetProperty("value").GetBytesFromBase64());
        }

        await server.BecomesAsync((long)poison.Length, "SELECT count(relayed_at) FROM belfry.dead_letters");
    }

    [Fact]
    public async Task The_key_is_the_user_of_a_record_that_names_none()
    {
        var (broker, topic, database) = await NewAsync();
        using var producer = TestProducer.Of(broker);
        await producer.SendAsync(topic, 0, """{"id":"1","event_type":"t"}""", key: "key-user");
        await producer.SendAsync(topic, 0, """{"id":"2","event_type":"t","user_id":"value-user"}""", key: "key-user");
        await producer.SendAsync(topic, 0, """{"specversion":"1.0","id":"3","source":"s","type":"t","data":7}""", key: "key-user");
        await producer.SendAsync(topic, 0, """{"notification_id":"4","event_type":"t","user_id":"value-user","priority":"HIGH"}""");

        await using var server = await KafkaServers.StartAsync(broker, database, topic);
        await server.HoldsAsync(4);

        Assert.Equal(
            "1 key-user,2 value-user,3 key-user,4 value-user",
            await server.QueryAsync("SELECT string_agg(event_id || ' ' || user_id, ',' ORDER BY event_id) FROM belfry.notifications"));
    }

    [Fact]
    public async Task A_record_for_more_users_than_a_batch_holds_is_stored_whole_before_its_offset_moves()
    {
        var (broker, topic, database) = await NewAsync();
        using var producer = TestProducer.Of(broker);
        var users = string.Join(',', Enumerable.Range(0, 1000).Select(n => $"\"u{n}\""));
        await producer.SendAsync(topic, 0, $$"""{"user_ids":[{{users}}],"event_type":"t"}""");
        await producer.SendAsync(topic, 0, TestProducer.Event("after", "u1"));

        await using var server = await KafkaServers.StartAsync(broker, database, topic, ("Belfry__Ingest__MaxBatch", "7"));
        await server.HoldsAsync(1001);

        await server.BecomesAsync(2L, "SELECT max(next_offset) FROM belfry.kafka_offsets");
        Assert.Equal(1000L, await server.QueryAsync("SELECT count(DISTINCT user_id) FROM belfry.notifications"));
        Assert.Equal("after", await server.QueryAsync("SELECT event_id FROM belfry.notifications WHERE user_id = 'u1' AND seq = 2"));
    }

    [Fact]
    public async Task A_group_that_only_kafka_knows_goes_on_where_it_was_and_kafka_hears_how_far_it_came()
    {
        var (broker, topic, database) = await NewAsync();
        using var producer = TestProducer.Of(broker);
        for (var n = 0; n < 10; n++) await producer.SendAsync(topic, 0, TestProducer.Event($"e-{n}", "u"));
        using var group = Consumer(broker, $"group-of-{topic}");
        group.Commit([new TopicPartitionOffset(topic, 0, 4)]);

        await using (var server = await KafkaServers.StartAsync(broker, database, topic))
        {
            await server.HoldsAsync(6);
            await server.StopAsync();
        }

        Assert.Equal(10, group.Committed([new TopicPartition(topic, 0)], Patience).Single().Offset.Value);
    }

    [Fact]
    public async Task A_stopped_server_leaves_the_group_at_once()
    {
        var (broker, topic, database) = await NewAsync();
        using var producer = TestProducer.Of(broker);
        await using var first = await KafkaServers.StartAsync(broker, database, topic, ("Belfry__Kafka__Properties__session_timeout_ms", "30000"));
        await producer.SendAsync(topic, 0, TestProducer.Event("1", "u"));
        await first.HoldsAsync(1);

        await first.StopAsync();
        await using var second = await KafkaServers.StartAsync(broker, database, topic);
        await producer.SendAsync(topic, 0, TestProducer.Event("2", "u"));

        // Were the first one still a member, the second would wait for the end of its session.
        await second.HoldsAsync(2).WaitAsync(TimeSpan.FromSeconds(15), TimeProvider.System, Cancelled);
    }

    private static List<JsonElement> ReadDeadLetters(KafkaBroker broker, string topic, int count)
    {
        using var consumer = Consumer(broker, "readers-of-dead-letters");
        consumer.Assign(Enumerable.Range(0, KafkaBroker.DefaultPartitions).Select(p => new TopicPartitionOffset(topic, p, Offset.Beginning)));
        var letters = new List<JsonElement>();
        while (letters.Count < count)
        {
            var result = consumer.Consume(Patience);
            Assert.NotNull(result);
            var letter = JsonDocument.Parse(result.Message.Value).RootElement;
            Assert.Equal(Encoding.UTF8.GetString(result.Message.Key), letter.GetProperty("id").GetString());
            letters.Add(letter);
        }

        return letters;
    }

    private static IConsumer<byte[], byte[]> Consumer(KafkaBroker broker, string group)
    {
        var config = new Dictionary<string, string>(KafkaBroker.ClientProperties)
        {
            ["bootstrap.servers"] = broker.BootstrapServers,
            ["group.id"] = group,
            ["enable.auto.commit"] = "false",
        };
        return new ConsumerBuilder<byte[], byte[]>(config).SetLogHandler((_, _) => { }).Build();
    }

    private async Task<(KafkaBroker Broker, string Topic, string Database)> NewAsync() =>
        (await kafka.BrokerAsync(), await kafka.CreateTopicAsync(Cancelled, Partitions), await postgres.CreateDatabaseAsync(Cancelled));
}
