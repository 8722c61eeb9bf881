using Confluent.Kafka;

namespace Belfry.Ingest.Kafka;

/// <summary>How the consumer and the producer are configured: what Belfry needs, defaults that suit it, and whatever the operator says.</summary>
internal static class KafkaClients
{
    // Belfry's promises hang on these, or they have settings of their own.
    private static readonly Dictionary<string, string> Reserved = new()
    {
        ["bootstrap.servers"] = "set ConnectionStrings__Kafka",
        ["group.id"] = "set Belfry__Kafka__GroupId",
        ["enable.auto.commit"] = "positions are kept with the rows",
        ["enable.auto.offset.store"] = "positions are kept with the rows",
        ["auto.offset.reset"] = "Belfry begins at the oldest record, and says so loudly when it had to",
        ["enable.partition.eof"] = "Belfry has no use for it",
        ["acks"] = "a dead letter counts when every replica has it",
    };

    public static ConsumerConfig Consumer(string bootstrapServers, KafkaOptions options)
    {
        var properties = PropertiesOf(options);
        var config = new Dictionary<string, string>(properties)
        {
            ["bootstrap.servers"] = bootstrapServers,
            ["group.id"] = options.GroupId,
            // What the store has is what counts; Kafka is told afterwards, for those who watch the lag there.
            ["enable.auto.commit"] = "true",
            ["enable.auto.offset.store"] = "false",
            // A position that is not there any more is to be noticed.
            ["auto.offset.reset"] = "error",
        };
        config.TryAdd("client.id", "belfry");
        config.TryAdd("auto.commit.interval.ms", "1000");
        config.TryAdd("reconnect.backoff.max.ms", "2000");
        config.TryAdd("fetch.queue.backoff.ms", "50");
        // The group's new protocol has the broker choose what these two say.
        if (!config.TryGetValue("group.protocol", out var protocol) || !protocol.Equals("consumer", StringComparison.OrdinalIgnoreCase))
        {
            config.TryAdd("partition.assignment.strategy", "cooperative-sticky");
            // How long the partitions of an instance that was killed stand still, and how soon the others hear of a change. To be
            // declared dead too early costs nothing but a rebalance: positions are fenced in the store.
            config.TryAdd("session.timeout.ms", "10000");
            config.TryAdd("heartbeat.interval.ms", "1000");
        }

        // A broker that answers each record by itself costs it, us and the store most of their time at a thousand records a
        // second: it may gather for a moment, which under load fills up by itself.
        config.TryAdd("fetch.min.bytes", "65536");
        config.TryAdd("fetch.wait.max.ms", "3");
        return new ConsumerConfig(config);
    }

    public static ProducerConfig Producer(string bootstrapServers, KafkaOptions options)
    {
        var config = new Dictionary<string, string>(PropertiesOf(options)) { ["bootstrap.servers"] = bootstrapServers, ["acks"] = "all" };
        config.TryAdd("client.id", "belfry");
        config.TryAdd("linger.ms", "20");
        config.TryAdd("message.timeout.ms", "30000");
        // The broker's limit decides; this one only keeps the client from deciding first.
        config.TryAdd("message.max.bytes", "10000000");
        return new ProducerConfig(config);
    }

    /// <summary>What is wrong with the operator's properties, in the library's own words.</summary>
    public static IEnumerable<string> FindErrors(KafkaOptions options)
    {
        var properties = PropertiesOf(options);
        foreach (var name in properties.Keys.Where(Reserved.ContainsKey)) yield return $"{name} cannot be set here: {Reserved[name]}";
        if (properties.Count > 0 && TryBuild(options) is { } wrong) yield return wrong;
    }

    private static Dictionary<string, string> PropertiesOf(KafkaOptions options)
    {
        var properties = new Dictionary<string, string>();
        foreach (var (name, value) in options.Properties) properties[name.ToLowerInvariant().Replace('_', '.')] = value;
        return properties;
    }

    /// <summary>The library alone knows every property and its values, and only tells by making a client; without a server it connects nowhere.</summary>
    private static string? TryBuild(KafkaOptions options)
    {
        try
        {
            var config = Consumer("", options).Where(property => property.Key != "bootstrap.servers");
            new ConsumerBuilder<Ignore, Ignore>(config).SetLogHandler((_, _) => { }).Build().Dispose();
            return null;
        }
        catch (Exception e) when (e is InvalidOperationException or ArgumentException or KafkaException)
        {
            return e.Message;
        }
    }
}

