using Xunit;

namespace Belfry.SystemTests.Kafka;

public sealed class ConsumeTests(SharedPostgres postgres, SharedKafka kafka)
{
    private const int Partitions = 3;

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Fact]
    public async Task What_is_in_the_topic_reaches_its_users_in_order()
    {
        var (topic, database) = await NewAsync();
        var broker = await kafka.BrokerAsync();
        using var producer = TestProducer.Of(broker);
        await producer.SendManyAsync(topic, Partitions, "before-", 500);

        await using var server = await KafkaServers.StartAsync(broker, database, topic);
        await server.HoldsAsync(500);
        await producer.SendManyAsync(topic, Partitions, "after-", 500);
        await server.HoldsAsync(1000);

        Assert.Equal(0L, await server.QueryAsync("""
            SELECT count(*) FROM (SELECT user_id, seq, row_number() OVER (PARTITION BY user_id ORDER BY substring(event_id FROM '-(.*)')::int
                                                                          + CASE WHEN event_id LIKE 'after%' THEN 1000 ELSE 0 END) AS expected
                                  FROM belfry.notifications) n WHERE seq <> expected
            """));
    }

    private async Task<(string Topic, string Database)> NewAsync() =>
        (await kafka.CreateTopicAsync(Cancelled, Partitions), await postgres.CreateDatabaseAsync(Cancelled));
}
