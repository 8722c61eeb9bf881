using Belfry.Contracts;
using Belfry.Ingest.Events;

namespace Belfry.Tests.Ingest;

public sealed class CloudEventTests
{
    [Fact]
    public void Its_attributes_become_the_notifications_and_unknown_extensions_are_kept()
    {
        var notification = Doors.Accepted("""
            {"specversion":"1.0","id":"c-1","source":"/jobs","type":"job.posted","subject":"user-42","time":"2026-11-22T11:00:00+01:00",
             "datacontenttype":"application/json; charset=utf-8","dataschema":"https://example.com/s","priority":"LOW",
             "partitionkey":"k", "level" : 3,"gone":null,"data":[1, 2]}
            """, EventFormat.CloudEvent);

        Assert.Equal("c-1", notification.EventId);
        Assert.Equal("/jobs", notification.Source);
        Assert.Equal("user-42", notification.UserId);
        Assert.Equal("job.posted", notification.EventType);
        Assert.Equal(Priority.Low, notification.Priority);
        Assert.Equal(Doors.Now, notification.EventTimestamp);
        Assert.Equal("[1, 2]", Doors.Text(notification.Payload));
        Assert.Equal("""{"dataschema":"https://example.com/s","partitionkey":"k","level" : 3}""", Doors.Text(notification.Attributes));
    }

    [Fact]
    public void Without_extensions_there_are_no_attributes_and_without_data_the_payload_is_null()
    {
        var notification = Doors.Accepted("""{"specversion":"1.0","id":"1","source":"s","type":"t","subject":"u"}""");

        Assert.Null(notification.Attributes);
        Assert.Equal("null", Doors.Text(notification.Payload));
    }

    [Fact]
    public void A_flat_name_is_an_extension_like_any_other()
    {
        var notification = Doors.Accepted("""{"specversion":"1.0","id":"1","source":"s","type":"t","subject":"u","user_id":"v"}""");

        Assert.Equal("u", notification.UserId);
        Assert.Equal("""{"user_id":"v"}""", Doors.Text(notification.Attributes));
    }

    [Fact]
    public void Userids_are_parted_by_commas()
    {
        var verdict = Doors.One("""{"specversion":"1.0","id":"1","source":"s","type":"t","userids":"a, b,c"}""");

        Assert.Equal(["a", "b", "c"], verdict.Notifications!.Select(n => n.UserId));
    }

    [Theory]
    [InlineData("""{"specversion":"0.3","id":"1","source":"s","type":"t","subject":"u"}""", ProblemTypes.InvalidField, "specversion")]
    [InlineData("""{"id":"1","source":"s","type":"t","subject":"u"}""", ProblemTypes.InvalidField, "specversion")]
    [InlineData("""{"specversion":"1.0","source":"s","type":"t","subject":"u"}""", ProblemTypes.InvalidField, "id")]
    [InlineData("""{"specversion":"1.0","id":"1","type":"t","subject":"u"}""", ProblemTypes.InvalidField, "source")]
    [InlineData("""{"specversion":"1.0","id":"1","source":"s","subject":"u"}""", ProblemTypes.InvalidField, "type")]
    [InlineData("""{"specversion":"1.0","id":"1","source":"s","type":"t"}""", ProblemTypes.InvalidField, "subject")]
    [InlineData("""{"specversion":"1.0","id":"1","source":"s","type":"t","subject":"u","userids":"v"}""", ProblemTypes.InvalidField, "userids")]
    [InlineData("""{"specversion":"1.0","id":"1","source":"s","type":"t","userids":["v"]}""", ProblemTypes.InvalidField, "userids")]
    [InlineData("""{"specversion":"1.0","id":"1","source":"s","type":"t","userids":"a,,b"}""", ProblemTypes.InvalidField, "userids")]
    [InlineData("""{"specversion":"1.0","id":"1","source":"s","type":"t","subject":"u","time":"now"}""", ProblemTypes.InvalidField, "time")]
    [InlineData("""{"specversion":"1.0","id":"1","source":"s","type":"t","subject":"u","x":{"a":1}}""", ProblemTypes.InvalidField, "extension")]
    [InlineData("""{"specversion":"1.0","id":"1","source":"s","type":"t","subject":"u","x":"\u0000"}""", ProblemTypes.InvalidField, "extension")]
    [InlineData("""{"specversion":"1.0","id":"1","source":"s","type":"t","subject":"u","data_base64":"AA=="}""", ProblemTypes.NotSupported, "data_base64")]
    [InlineData("""{"specversion":"1.0","id":"1","source":"s","type":"t","subject":"u","datacontenttype":"text/xml","data":"<a/>"}""", ProblemTypes.NotSupported, "datacontenttype")]
    [InlineData("""{"specversion":"1.0","id":"1","source":"s","type":"t","subject":"u","topic":"news"}""", ProblemTypes.InvalidField, "topic")]
    [InlineData("""{"specversion":"1.0","id":"1","source":"s","type":"t","subject":"u","deliverat":"soon"}""", ProblemTypes.InvalidField, "deliverat")]
    public void What_breaks_a_rule_is_refused_with_the_attributes_name(string json, string type, string named)
    {
        var problem = Doors.Refused(json, EventFormat.CloudEvent);

        Assert.Equal(type, problem.Type);
        Assert.Contains(named, problem.Detail, StringComparison.Ordinal);
    }

    [Fact]
    public void Too_many_extensions_are_refused()
    {
        var extensions = string.Concat(Enumerable.Range(0, EventLimits.Extensions + 1).Select(n => $",\"x{n}\":{n}"));

        Assert.Equal(ProblemTypes.TooLarge, Doors.Refused($$"""{"specversion":"1.0","id":"1","source":"s","type":"t","subject":"u"{{extensions}}}""").Type);
    }

    [Fact]
    public void A_batch_is_an_array_and_one_event_is_an_object()
    {
        const string one = """{"specversion":"1.0","id":"1","source":"s","type":"t","subject":"u"}""";

        Assert.Single(Doors.Body($"[{one}]", EventFormat.CloudEventBatch).Verdicts);
        Assert.Equal(ProblemTypes.Malformed, Doors.Body(one, EventFormat.CloudEventBatch).Problem!.Type);
        Assert.Equal(ProblemTypes.Malformed, Doors.Body($"[{one}]", EventFormat.CloudEvent).Problem!.Type);
    }

    [Fact]
    public void Plain_json_may_mix_both_forms()
    {
        var body = Doors.Body("""[{"specversion":"1.0","id":"1","source":"s","type":"t","subject":"u"},{"user_id":"v","event_type":"t"}]""");

        Assert.Equal(["u", "v"], body.Verdicts.Select(v => v.Notifications!.Single().UserId));
    }
}
