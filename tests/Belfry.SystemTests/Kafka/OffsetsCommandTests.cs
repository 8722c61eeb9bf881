using System.Text.Json;
using Belfry.Servers;
using Xunit;

namespace Belfry.SystemTests.Kafka;

/// <summary><c>belfry offsets</c> beside a running server.</summary>
public sealed class OffsetsCommandTests(SharedPostgres postgres, SharedKafka kafka)
{
    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Fact]
    public async Task It_lists_positions_and_a_rewind_doubles_nothing()
    {
        var broker = await kafka.BrokerAsync();
        var topic = await kafka.CreateTopicAsync(Cancelled, partitions: 2);
        var database = await postgres.CreateDatabaseAsync(Cancelled);
        using var producer = TestProducer.Of(broker);
        await using var server = await KafkaServers.StartAsync(broker, database, topic);
        await producer.SendManyAsync(topic, 2, "e", 20);
        await server.HoldsAsync(20);

        var listed = await ListAsync();
        Assert.Equal([10L, 10L], listed.Select(line => line.GetProperty("next").GetInt64()));
        Assert.Equal([0L, 0L], listed.Select(line => line.GetProperty("lag").GetInt64()));

        Assert.Equal(0, (await RunAsync("offsets", "--rewind", topic)).ExitCode);
        await server.BecomesAsync(20L, "SELECT sum(next)::bigint FROM (SELECT max(next_offset) AS next FROM belfry.kafka_offsets GROUP BY partition_id) p");
        Assert.Equal(20L, await server.QueryAsync("SELECT count(*) FROM belfry.notifications"));

        Task<CommandResult> RunAsync(params string[] arguments) => BelfryCommand.RunAsync(
            arguments,
            new Dictionary<string, string>(KafkaServers.SettingsFor(broker, topic).Select(s => KeyValuePair.Create(s.Key, s.Value)))
            {
                ["ConnectionStrings__Postgres"] = database,
            },
            ct: Cancelled);

        async Task<List<JsonElement>> ListAsync()
        {
            var result = await RunAsync("offsets", "--json");
            Assert.Equal(0, result.ExitCode);
            return [.. JsonDocument.Parse(result.Output).RootElement.EnumerateArray().OrderBy(line => line.GetProperty("partition").GetInt32())];
        }
    }

    [Theory]
    [InlineData("--set", "events")]
    [InlineData("--set", "events/0=-1")]
    [InlineData("--rewind", "events", "--set", "events/0=1")]
    public async Task Wrong_usage_is_said_and_changes_nothing(params string[] arguments)
    {
        var result = await BelfryCommand.RunAsync(["offsets", .. arguments], new Dictionary<string, string>(), ct: Cancelled);

        Assert.Equal(2, result.ExitCode);
        Assert.NotEmpty(result.Errors);
    }
}
