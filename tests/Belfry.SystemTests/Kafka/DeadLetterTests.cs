using Belfry.Ingest.DeadLetters;
using Belfry.Mailboxes;
using Microsoft.Extensions.DependencyInjection;
using Xunit;

namespace Belfry.SystemTests.Kafka;

/// <summary>Records that became dead letters, and what becomes of them.</summary>
public sealed class DeadLetterTests(SharedPostgres postgres, SharedKafka kafka)
{
    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_poison_record_is_relayed_by_a_task_and_sent_again_once_it_can_be_stored()
    {
        var broker = await kafka.BrokerAsync();
        var topic = await kafka.CreateTopicAsync(Cancelled, partitions: 1);
        var database = await postgres.CreateDatabaseAsync(Cancelled);
        using var producer = TestProducer.Of(broker);
        await producer.SendAsync(topic, 0, """{"event_type":"t","expires_at":"never"}""", key: "user-1");
        await producer.SendAsync(topic, 0, "not json");
        await producer.SendAsync(topic, 0, TestProducer.Event("good", "user-1"));
        await using var server = await KafkaServers.StartAsync(broker, database, topic);
        await server.HoldsAsync(1);
        await server.BecomesAsync(2L, "SELECT count(relayed_at) FROM belfry.dead_letters");
        await server.BecomesAsync(0L, "SELECT count(*) FROM belfry.tasks");

        var desk = server.Services.GetRequiredService<DeadLetterDesk>();
        var letters = (await desk.ListAsync(10, kind: null, before: null, Cancelled)).Items.OrderBy(l => l.Record!.Offset).ToList();
        Assert.Equal([true, true], letters.Select(l => l.Record!.Relayed));
        List<DeadLetterId> ids = [.. letters.Select(l => DeadLetterId.TryParse(l.Id, out var id) ? id : default)];
        Assert.Equal(2, (await desk.RetryAsync(ids, Cancelled)).Refused.Count);

        // As if a version of the server had come that knows what this one does not.
        await server.QueryAsync("""UPDATE belfry.dead_letters SET record_value = '{"event_type":"t"}' WHERE record_offset = 0""");
        Assert.Equal(ids[0], Assert.Single((await desk.RetryAsync(ids, Cancelled)).Done));
        await server.HoldsAsync(2);
        Assert.Equal($"{topic}/0/0", await server.QueryAsync("SELECT event_id FROM belfry.notifications WHERE seq = 2"));

        // Read again, it is refused again; what it has become stays as it is.
        await server.Services.GetRequiredService<IMailboxStore>().SetOffsetAsync(new PartitionKey("default", $"group-of-{topic}", topic, 0), 0, Cancelled);
        await server.BecomesAsync(2L, "SELECT count(relayed_at) FROM belfry.dead_letters");
        Assert.Equal(2L, await server.QueryAsync("SELECT count(*) FROM belfry.notifications"));
        var left = (await desk.ListAsync(10, kind: null, before: null, Cancelled)).Items;
        Assert.Equal(2, (await desk.DropAsync([.. left.Select(l => DeadLetterId.TryParse(l.Id, out var id) ? id : default)], Cancelled)).Done.Count);
    }

    [Fact]
    public async Task Letters_wait_in_the_store_while_they_cannot_be_copied_and_their_task_is_not_dead()
    {
        var broker = await kafka.BrokerAsync();
        var topic = await kafka.CreateTopicAsync(Cancelled, partitions: 1);
        var database = await postgres.CreateDatabaseAsync(Cancelled);
        using var producer = TestProducer.Of(broker);
        await producer.SendAsync(topic, 0, "not json");

        // In so short a time nothing can be sent.
        await using (var server = await KafkaServers.StartAsync(broker, database, topic, ("Belfry__Kafka__Properties__message_timeout_ms", "1")))
        {
            await server.BecomesAsync(true, "SELECT coalesce(max(attempts), 0) > 1 FROM belfry.tasks WHERE kind = 'relay'");
            Assert.Equal(0L, await server.QueryAsync("SELECT count(relayed_at) FROM belfry.dead_letters"));
            Assert.Equal(0L, await server.QueryAsync("SELECT count(*) FROM belfry.dead_tasks"));
        }

        await using var healed = await KafkaServers.StartAsync(broker, database, topic);
        await healed.BecomesAsync(1L, "SELECT count(relayed_at) FROM belfry.dead_letters");
        await healed.BecomesAsync(0L, "SELECT count(*) FROM belfry.tasks");
    }
}
