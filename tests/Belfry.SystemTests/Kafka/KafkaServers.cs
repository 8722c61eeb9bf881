using Belfry.Servers;
using Belfry.SystemTests.Ingest;
using Xunit;

namespace Belfry.SystemTests.Kafka;

/// <summary>The server as a consumer of the topics that a test has made.</summary>
internal static class KafkaServers
{
    /// <summary>How soon the group notices a member that died without a word.</summary>
    public const string SessionTimeout = "6000";

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    public static Task<TestServer> StartAsync(KafkaBroker broker, string database, string topic, params (string Key, string Value)[] settings) =>
        StartAsync(database, [.. SettingsFor(broker, topic), .. settings]);

    public static (string Key, string Value)[] SettingsFor(KafkaBroker broker, string topic) =>
    [
        ("ConnectionStrings__Kafka", broker.BootstrapServers),
        ("Belfry__Kafka__Properties__session_timeout_ms", SessionTimeout),
        ("Belfry__Kafka__Properties__heartbeat_interval_ms", "500"),
        .. KafkaBroker.ClientProperties.Select(p => ($"Belfry__Kafka__Properties__{p.Key.Replace('.', '_')}", p.Value)),
        .. Common(topic),
    ];

    public static Task<TestServer> StartAsync(KafkaMock mock, string database, string topic, params (string Key, string Value)[] settings) =>
        StartAsync(database, [("ConnectionStrings__Kafka", mock.BootstrapServers), .. Common(topic), .. settings]);

    private static async Task<TestServer> StartAsync(string database, (string Key, string Value)[] settings)
    {
        var server = await TestServer.StartAsync(database, settings);
        await server.OpenedAsync();
        return server;
    }

    /// <summary>Waits until so many notifications are stored.</summary>
    public static Task HoldsAsync(this TestServer server, long notifications) => server.BecomesAsync(
        notifications, "SELECT count(*) FROM belfry.notifications");

    /// <summary>Waits until a query's first value is this.</summary>
    public static async Task BecomesAsync(this TestServer server, object expected, string sql)
    {
        object? last = null;
        try
        {
            await Eventually.HoldsAsync(sql, async _ => Equals(last = await server.QueryAsync(sql), expected), TestServer.Patience, Cancelled);
        }
        catch (TimeoutException)
        {
            Assert.Equal(expected, last);
        }
    }

    /// <summary>Each of the events <c>e0</c>, <c>e1</c> and so on once, and for each user in that order, with no gap in the seqs.</summary>
    public static async Task CheckAsync(this TestServer server, long events)
    {
        await server.HoldsAsync(events);
        Assert.Equal(events, await server.QueryAsync("SELECT count(DISTINCT event_id) FROM belfry.notifications"));
        Assert.Equal(0L, await server.QueryAsync("""
            SELECT count(*) FROM (SELECT seq, row_number() OVER (PARTITION BY user_id ORDER BY substring(event_id FROM 2)::int) AS expected
                                  FROM belfry.notifications) n WHERE seq <> expected
            """));
    }

    private static (string, string)[] Common(string topic) =>
    [
        ("Belfry__Kafka__Topics__0", topic),
        ("Belfry__Kafka__GroupId", $"group-of-{topic}"),
        ("Belfry__Kafka__DeadLetterTopic", $"{topic}.dlq"),
    ];
}
