using System.Text;
using Belfry.Contracts;
using Belfry.Ingest.Events;
using Belfry.Work;
using Belfry.Work.Kinds;

namespace Belfry.Tests.Ingest;

public sealed class FlatEventTests
{
    private const string Traceparent = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";

    [Fact]
    public void Every_field_is_taken_as_it_is()
    {
        var notification = Doors.Accepted($$"""
            {"id":"e-1","source":"jobs","user_id":"user-42","event_type":"job.posted","priority":"HIGH",
             "event_timestamp":"2026-11-22T10:00:00.123456Z","traceparent":"{{Traceparent}}","payload":{"title": "Ü\u00fc"},
             "topic":null,"user_ids":null,"deliver_at":null,"expires_at":null,"collapse_key":null,"unknown":[1,{"id":2}]}
            """);

        Assert.Equal("e-1", notification.EventId);
        Assert.Equal("jobs", notification.Source);
        Assert.Equal("user-42", notification.UserId);
        Assert.Equal("job.posted", notification.EventType);
        Assert.Equal(Priority.High, notification.Priority);
        Assert.Equal(new DateTime(2026, 11, 22, 10, 0, 0, DateTimeKind.Utc).AddMicroseconds(123456), notification.EventTimestamp);
        Assert.Equal(DateTimeKind.Utc, notification.EventTimestamp.Kind);
        Assert.Equal(Traceparent, notification.Traceparent);
        Assert.Equal("""{"title": "Ü\u00fc"}""", Doors.Text(notification.Payload));
        Assert.Null(notification.Attributes);
        Assert.Equal(Belfry.Mailboxes.EventKey.Of("jobs", "e-1"), notification.EventKey);
        Assert.Equal(7, notification.NotificationId.Version);
    }

    [Fact]
    public void What_is_absent_or_null_has_its_default()
    {
        var bare = Doors.Accepted("""{"user_id":"u","event_type":"t"}""");
        var nulls = Doors.Accepted("""
            {"user_id":"u","event_type":"t","id":null,"source":null,"priority":null,"event_timestamp":null,"payload":null,"traceparent":null}
            """);

        foreach (var notification in new[] { bare, nulls })
        {
            Assert.Equal(7, Guid.Parse(notification.EventId).Version);
            Assert.Equal("job-service", notification.Source);
            Assert.Equal(Priority.Medium, notification.Priority);
            Assert.Equal(Doors.Now, notification.EventTimestamp);
            Assert.Equal("null", Doors.Text(notification.Payload));
            Assert.Null(notification.Traceparent);
        }
    }

    [Fact]
    public void The_originals_notification_id_is_the_id_unless_there_is_one()
    {
        Assert.Equal("n", Doors.Accepted("""{"user_id":"u","event_type":"t","notification_id":"n"}""").EventId);
        Assert.Equal("i", Doors.Accepted("""{"notification_id":"n","user_id":"u","event_type":"t","id":"i"}""").EventId);
    }

    [Fact]
    public void An_event_for_many_users_is_one_notification_for_each_with_the_same_id()
    {
        var verdict = Doors.One("""{"id":"e","user_ids":["a","b","c"],"event_type":"t","payload":[1]}""");

        var notifications = verdict.Notifications!;
        Assert.Equal(["a", "b", "c"], notifications.Select(n => n.UserId));
        Assert.All(notifications, n => Assert.Equal("e", n.EventId));
        Assert.Equal(3, notifications.Select(n => n.NotificationId).Distinct().Count());
        Assert.Single(Doors.One("""{"user_ids":["a","b"],"event_type":"t"}""").Notifications!.Select(n => n.EventId).Distinct());
    }

    [Theory]
    [InlineData("\"high\"", Priority.High)]
    [InlineData("\"Low\"", Priority.Low)]
    [InlineData("\"MEDIUM\"", Priority.Medium)]
    public void The_case_of_a_priority_does_not_matter(string json, Priority expected) =>
        Assert.Equal(expected, Doors.Accepted($$"""{"user_id":"u","event_type":"t","priority":{{json}}}""").Priority);

    [Theory]
    [InlineData("""{"event_type":"t"}""", "user_id")]
    [InlineData("""{"user_id":"","event_type":"t"}""", "user_id")]
    [InlineData("""{"user_id":7,"event_type":"t"}""", "user_id")]
    [InlineData("""{"user_id":["u"],"event_type":"t"}""", "user_id")]
    [InlineData("""{"user_id":"a\nb","event_type":"t"}""", "user_id")]
    [InlineData("""{"user_id":"a\u0000b","event_type":"t"}""", "user_id")]
    [InlineData("""{"user_id":"a\u0085b","event_type":"t"}""", "user_id")]
    [InlineData("""{"user_id":"a\ud800b","event_type":"t"}""", "user_id")]
    [InlineData("""{"user_id":"a\udc00\ud800","event_type":"t"}""", "user_id")]
    [InlineData("""{"user_id":"u"}""", "event_type")]
    [InlineData("""{"user_id":"u","event_type":null}""", "event_type")]
    [InlineData("""{"user_id":"u","event_type":""}""", "event_type")]
    [InlineData("""{"user_id":"u","event_type":"t","id":""}""", "id")]
    [InlineData("""{"user_id":"u","event_type":"t","id":5}""", "id")]
    [InlineData("""{"user_id":"u","event_type":"t","source":{}}""", "source")]
    [InlineData("""{"user_id":"u","event_type":"t","priority":"URGENT"}""", "priority")]
    [InlineData("""{"user_id":"u","event_type":"t","priority":1}""", "priority")]
    [InlineData("""{"user_id":"u","event_type":"t","event_timestamp":"yesterday"}""", "event_timestamp")]
    [InlineData("""{"user_id":"u","event_type":"t","event_timestamp":1700000000}""", "event_timestamp")]
    [InlineData("""{"user_id":"u","user_ids":["v"],"event_type":"t"}""", "exactly one")]
    [InlineData("""{"user_ids":[],"event_type":"t"}""", "user_ids")]
    [InlineData("""{"user_ids":["a",1],"event_type":"t"}""", "user_ids")]
    [InlineData("""{"user_ids":["a",""],"event_type":"t"}""", "user_ids")]
    [InlineData("""{"user_ids":["a","b","a"],"event_type":"t"}""", "twice")]
    [InlineData("""{"user_ids":"a","event_type":"t"}""", "user_ids")]
    [InlineData("""{"user_id":"u","user_id":"v","event_type":"t"}""", "user_id")]
    [InlineData("""{"user_id":"u","us\u0065r_id":"v","event_type":"t"}""", "user_id")]
    public void What_breaks_a_rule_is_refused_with_the_fields_name(string json, string named)
    {
        var problem = Doors.Refused(json);

        Assert.Equal(ProblemTypes.InvalidField, problem.Type);
        Assert.Contains(named, problem.Detail, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("""{"user_id":"u","event_type":"t","expires_at":"2027-01-01T01:00:00+01:00","collapse_key":"likes of 7"}""")]
    [InlineData("""{"specversion":"1.0","id":"1","source":"s","subject":"u","type":"t","expiresat":"2027-01-01T00:00:00Z","collapsekey":"likes of 7"}""")]
    public void When_it_ends_and_what_it_takes_the_place_of_are_read(string json)
    {
        var notification = Assert.Single(Doors.One(json).Notifications!);

        Assert.Equal(new DateTime(2027, 1, 1, 0, 0, 0, DateTimeKind.Utc), notification.ExpiresAt);
        Assert.Equal("likes of 7", notification.CollapseKey);
        Assert.Null(notification.Attributes);
    }

    [Theory]
    [InlineData("expires_at", "5")]
    [InlineData("expires_at", "\"tomorrow\"")]
    [InlineData("collapse_key", "\"\"")]
    [InlineData("collapse_key", "7")]
    public void An_end_or_a_key_that_is_none_is_refused_by_name(string field, string value)
    {
        var problem = Doors.Refused($$"""{"user_id":"u","event_type":"t","{{field}}":{{value}}}""");

        Assert.Equal(ProblemTypes.InvalidField, problem.Type);
        Assert.StartsWith(field, problem.Detail, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("""{"id":"1","topic":"news","event_type":"t"}""", FanOut.KindName, "news", false)]
    [InlineData("""{"id":"1","topic":"news","event_type":"t","deliver_at":"2100-01-01T00:00:00Z"}""", FanOut.KindName, "news", true)]
    [InlineData("""{"id":"1","user_id":"u","event_type":"t","deliver_at":"2100-01-01T00:00:00Z"}""", ScheduledEvents.KindName, "u", true)]
    [InlineData("""{"id":"1","user_ids":["u","v"],"event_type":"t","deliver_at":"2100-01-01T00:00:00Z"}""", FanOut.KindName, "1", true)]
    public void What_is_for_later_or_for_a_topic_becomes_a_task(string json, string kind, string route, bool later)
    {
        var verdict = Doors.One(json);

        Assert.Null(verdict.Problem);
        Assert.Null(verdict.Notifications);
        Assert.Equal((kind, route, later), (verdict.Task!.Kind, verdict.Task.Route, verdict.Task.RunAt is not null));
        Assert.Equal("1", verdict.EventId);
    }

    [Fact]
    public void A_time_that_has_passed_is_now() =>
        Assert.Single(Doors.One("""{"user_id":"u","event_type":"t","deliver_at":"2000-01-01T00:00:00Z"}""").Notifications!);

    [Fact]
    public void A_task_gives_back_the_event_as_it_came()
    {
        const string payload = """{ "a" : [1.50, "\u00e9"] }""";

        var task = Doors.One($$"""{"id":"1","source":"s","topic":"news","event_type":"t","priority":"HIGH","payload":{{payload}}}""").Task!;
        var content = DeferredEvent.Read(task.Body);

        Assert.Equal(payload, Encoding.UTF8.GetString(content.Payload));
        Assert.Equal(("1", "s", "news", "t", Priority.High), (content.EventId, content.Source, content.Topic, content.EventType, content.Priority));
    }

    [Fact]
    public void The_same_event_for_somebody_else_is_another_task()
    {
        string[] targets = ["\"user_id\":\"u\"", "\"user_id\":\"v\"", "\"topic\":\"u\"", "\"topic\":\"v\"", "\"user_ids\":[\"u\"]", "\"user_ids\":[\"u\",\"v\"]"];

        var keys = targets.Select(target => Doors.One($$"""{"id":"1",{{target}},"event_type":"t","deliver_at":"2100-01-01T00:00:00Z"}""").Task!.Key).ToList();

        Assert.Equal(targets.Length, keys.Distinct().Count());
        Assert.Equal(keys[0], Doors.One("""{"id":"1","user_id":"u","event_type":"t","deliver_at":"2101-01-01T00:00:00Z"}""").Task!.Key);
    }

    [Fact]
    public void Users_and_a_topic_exclude_each_other() =>
        Assert.Equal(ProblemTypes.InvalidField, Doors.Refused("""{"user_id":"u","topic":"news","event_type":"t"}""").Type);

    [Theory]
    [InlineData(255, true)]
    [InlineData(256, false)]
    public void A_name_has_at_most_255_characters(int length, bool fits)
    {
        foreach (var character in new[] { "x", "ü", "€", "\\u00e9" })
        {
            var name = string.Concat(Enumerable.Repeat(character, length));
            Assert.Equal(fits, Doors.One($$"""{"user_id":"{{name}}","event_type":"t"}""").IsAccepted);
        }

        var type = new string('t', length - 155);
        Assert.Equal(fits, Doors.One($$"""{"user_id":"u","event_type":"{{type}}"}""").IsAccepted);
    }

    [Theory]
    [InlineData(EventLimits.UsersInPlace, true)]
    [InlineData(EventLimits.UsersInPlace + 1, false)]
    public void Up_to_1000_users_are_stored_in_place_and_more_by_a_task(int count, bool inPlace)
    {
        var users = string.Join(',', Enumerable.Range(0, count).Select(n => $"\"u{n}\""));

        var verdict = Doors.One($$"""{"user_ids":[{{users}}],"event_type":"t"}""");

        Assert.True(verdict.IsAccepted);
        Assert.Equal(inPlace, verdict.Notifications is not null);
        if (!inPlace) Assert.Equal(count, DeferredEvent.Read(verdict.Task!.Body).UserIds!.Count);
    }

    [Theory]
    [InlineData("not a traceparent")]
    [InlineData("00-00000000000000000000000000000000-00f067aa0ba902b7-01")]
    public void A_traceparent_that_cannot_be_read_is_as_good_as_none(string traceparent) =>
        Assert.Null(Doors.Accepted($$"""{"user_id":"u","event_type":"t","traceparent":"{{traceparent}}"}""").Traceparent);
}
