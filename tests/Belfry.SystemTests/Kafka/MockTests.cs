using Belfry.Servers;
using Confluent.Kafka;
using Xunit;

namespace Belfry.SystemTests.Kafka;

/// <summary>What an old broker cannot do, with the client library's own mock of a current one.</summary>
public sealed class MockTests(SharedPostgres postgres)
{
    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("classic")]
    [InlineData("consumer")]
    public async Task Both_group_protocols_of_current_brokers_are_spoken(string protocol)
    {
        await using var mock = await KafkaMock.StartAsync(ct: Cancelled);
        await mock.CreateTopicAsync("events", 3, Cancelled);
        await mock.SetGroupHeartbeatAsync(TimeSpan.FromMilliseconds(500), Cancelled);
        using var producer = TestProducer.Of(mock);
        await using var server = await KafkaServers.StartAsync(
            mock, await postgres.CreateDatabaseAsync(Cancelled), "events", ("Belfry__Kafka__Properties__group_protocol", protocol));

        await producer.SendManyAsync("events", 3, "e", 300);
        await server.CheckAsync(300);
    }

    [Fact]
    public async Task A_records_own_time_is_the_events_unless_the_event_says_otherwise()
    {
        await using var mock = await KafkaMock.StartAsync(ct: Cancelled);
        await mock.CreateTopicAsync("events", 1, Cancelled);
        using var producer = TestProducer.Of(mock);
        await using var server = await KafkaServers.StartAsync(mock, await postgres.CreateDatabaseAsync(Cancelled), "events");

        var time = new Timestamp(1_700_000_000_123, TimestampType.CreateTime);
        await producer.SendAsync("events", TestProducer.Event("1", "u"), time);
        await server.HoldsAsync(1);

        Assert.Equal(time.UtcDateTime, await server.QueryAsync("SELECT event_timestamp FROM belfry.notifications"));
    }

    [Fact]
    public async Task A_CloudEvent_may_stand_in_headers_and_as_a_dead_letter_has_its_JSON_form()
    {
        await using var mock = await KafkaMock.StartAsync(ct: Cancelled);
        await mock.CreateTopicAsync("events", 1, Cancelled);
        using var producer = TestProducer.Of(mock);
        await using var server = await KafkaServers.StartAsync(mock, await postgres.CreateDatabaseAsync(Cancelled), "events");

        await producer.SendAsync("events", "{}", ("ce_specversion", "1.0"), ("ce_id", "bad"), ("ce_source", "/jobs"), ("ce_subject", "ü"));
        await producer.SendAsync(
            "events", """{"a" : 1}""",
            ("ce_specversion", "1.0"), ("ce_id", "good"), ("ce_source", "/jobs"), ("ce_type", "job.posted"), ("ce_subject", "ü"), ("ce_level", "3"), ("content-type", "application/json"));
        await server.HoldsAsync(1);

        Assert.Equal(
            """good /jobs ü {"a" : 1} {"level":"3"}""",
            await server.QueryAsync("SELECT concat_ws(' ', event_id, source, user_id, payload, attributes) FROM belfry.notifications"));
        Assert.Equal(
            """invalid-field: type is missing. {"specversion":"1.0","id":"bad","source":"/jobs","subject":"ü","data":{}}""",
            await server.QueryAsync("SELECT reason || ' ' || convert_from(record_value, 'UTF8') FROM belfry.dead_letters"));
    }

    [Fact]
    public async Task Reading_begins_where_the_store_says_however_late_Kafka_answers_about_the_ends()
    {
        await using var mock = await KafkaMock.StartAsync(ct: Cancelled);
        await mock.CreateTopicAsync("events", 1, Cancelled);
        using var producer = TestProducer.Of(mock);
        var database = await postgres.CreateDatabaseAsync(Cancelled);
        await using (var first = await KafkaServers.StartAsync(mock, database, "events"))
        {
            await producer.SendManyAsync("events", 1, "a", 100);
            await first.HoldsAsync(100);
        }

        await producer.SendManyAsync("events", 1, "b", 100);
        await mock.PushRoundTripAsync(KafkaApi.ListOffsets, TimeSpan.FromSeconds(1), ct: Cancelled);
        await using var second = await KafkaServers.StartAsync(mock, database, "events");

        await second.HoldsAsync(200);
    }

    [Fact]
    public async Task Leaders_and_coordinators_that_move_and_requests_that_fail_lose_nothing()
    {
        await using var mock = await KafkaMock.StartAsync(brokers: 3, Cancelled);
        await mock.CreateTopicAsync("events", 3, Cancelled);
        using var producer = TestProducer.Of(mock);
        await using var server = await KafkaServers.StartAsync(mock, await postgres.CreateDatabaseAsync(Cancelled), "events");
        await producer.SendManyAsync("events", 3, "e", 100);
        await server.HoldsAsync(100);

        await mock.SetLeaderAsync("events", 0, 2, Cancelled);
        await mock.SetCoordinatorAsync("group-of-events", 3, Cancelled);
        await mock.PushErrorsAsync(KafkaApi.Fetch, [ErrorCode.NotLeaderForPartition, ErrorCode.Local_Transport, ErrorCode.UnknownTopicOrPart], Cancelled);
        await mock.PushErrorsAsync(KafkaApi.Heartbeat, [ErrorCode.NotCoordinatorForGroup, ErrorCode.UnknownMemberId], Cancelled);
        await producer.SendManyAsync("events", 3, "f", 300);
        await mock.SetBrokerDownAsync(1, Cancelled);
        await mock.SetBrokerUpAsync(1, Cancelled);
        await producer.SendManyAsync("events", 3, "g", 300);

        await server.HoldsAsync(700);
        Assert.Equal(700L, await server.QueryAsync("SELECT count(DISTINCT event_id) FROM belfry.notifications"));
    }
}
