using System.Text;
using Belfry.Contracts;
using Belfry.Ingest.Events;
using Belfry.Ingest.Http;
using Belfry.Ingest.Kafka;
using Confluent.Kafka;

namespace Belfry.Tests.Ingest;

/// <summary>CloudEvents whose attributes are headers: what the JSON form may say, and nothing else.</summary>
public sealed class BinaryEventTests
{
    private static readonly (string Name, string Value)[] Right = [("specversion", "1.0"), ("id", "c-1"), ("source", "/jobs"), ("type", "job.posted"), ("subject", "user-42")];

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Its_attributes_become_the_notifications_and_unknown_extensions_are_kept(bool kafka)
    {
        var verdict = Judge(kafka, " [1, 2]\r\n", "application/json; charset=UTF-8", [.. Right, ("time", "2026-11-22T11:00:00+01:00"), ("priority", "LOW"), ("level", "3")]);

        var notification = Assert.Single(verdict.Notifications!);
        Assert.Equal(("c-1", "/jobs", "job.posted", "user-42"), (notification.EventId, notification.Source, notification.EventType, notification.UserId));
        Assert.Equal((Belfry.Contracts.Priority.Low, Doors.Now), (notification.Priority, notification.EventTimestamp));
        Assert.Equal("[1, 2]", Doors.Text(notification.Payload));
        Assert.Equal("""{"level":"3"}""", Doors.Text(notification.Attributes));
    }

    [Theory]
    [InlineData("", null)]
    [InlineData("null", "application/json")]
    [InlineData("\uFEFF null", "application/vnd.job+json")]
    public void Without_data_the_payload_is_null(string data, string? contentType)
    {
        Assert.Equal("null", Doors.Text(Assert.Single(Judge(kafka: false, data, contentType, Right).Notifications!).Payload));
        Assert.Equal("null", Doors.Text(Assert.Single(Judge(kafka: true, data, contentType, Right).Notifications!).Payload));
    }

    [Fact]
    public void A_Kafka_record_without_a_value_is_an_event_without_data() =>
        Assert.True(BinaryRecord.Find(Headers(Right)) is { } found && found.Judge(found.Finish(null), Doors.Defaults).IsAccepted);

    [Theory]
    [InlineData("specversion", null, ProblemTypes.InvalidField)]
    [InlineData("specversion", "0.3", ProblemTypes.InvalidField)]
    [InlineData("id", null, ProblemTypes.InvalidField)]
    [InlineData("source", "", ProblemTypes.InvalidField)]
    [InlineData("type", null, ProblemTypes.InvalidField)]
    [InlineData("subject", null, ProblemTypes.InvalidField)]
    [InlineData("time", "now", ProblemTypes.InvalidField)]
    [InlineData("userids", "a,b", ProblemTypes.InvalidField)]
    [InlineData("data", "{}", ProblemTypes.InvalidField)]
    [InlineData("data_base64", "AA==", ProblemTypes.InvalidField)]
    [InlineData("datacontenttype", "application/json", ProblemTypes.InvalidField)]
    public void What_breaks_a_rule_is_refused_with_the_attributes_name(string name, string? value, string type)
    {
        var attributes = Right.Where(a => a.Name != name).ToList();
        if (value is not null) attributes.Add((name, value));

        foreach (var kafka in (bool[])[false, true])
        {
            var problem = Judge(kafka, "{}", "application/json", [.. attributes]).Problem!;
            Assert.Equal(type, problem.Type);
            Assert.Contains(name, problem.Detail, StringComparison.Ordinal);
        }
    }

    [Theory]
    [InlineData("""{"a":1},"subject":"somebody-else" """, "application/json", ProblemTypes.Malformed)]
    [InlineData("{}}", "application/json", ProblemTypes.Malformed)]
    [InlineData(" ", "application/json", ProblemTypes.Malformed)]
    [InlineData("<a/>", "text/xml", ProblemTypes.NotSupported)]
    [InlineData("{}", "application/json; charset=latin1", ProblemTypes.NotSupported)]
    [InlineData("{}", "no type at all", ProblemTypes.NotSupported)]
    [InlineData("\"\\u0000\"", "application/json", ProblemTypes.InvalidPayload)]
    public void Data_is_one_JSON_value_by_itself(string data, string contentType, string type)
    {
        Assert.Equal(type, Judge(kafka: false, data, contentType, Right).Problem!.Type);
        Assert.Equal(type, Judge(kafka: true, data, contentType, Right).Problem!.Type);
    }

    [Fact]
    public void A_header_that_stands_there_twice_spoils_the_event()
    {
        var problem = Judge(kafka: true, "{}", null, [.. Right, ("subject", "user-43")]).Problem!;

        Assert.Contains("subject stands in the event twice", problem.Detail, StringComparison.Ordinal);
    }

    [Fact]
    public void Bytes_of_Kafka_that_are_not_UTF8_are_refused()
    {
        var headers = Headers(Right);
        headers.Add("ce_name", [0xC3, 0x28]);
        var found = BinaryRecord.Find(headers)!;

        Assert.Equal(ProblemTypes.InvalidField, found.Judge(found.Finish("{}"u8), Doors.Defaults).Problem!.Type);
    }

    [Theory]
    [InlineData("Euro%20%E2%82%AC%20%F0%9F%98%80", "Euro € 😀")]
    [InlineData("%e2%82%ac%2525%41", "€%25A")]
    [InlineData("\"a \\\"b\\\" %20\\\\\"", "a \"b\"  \\")]
    [InlineData("a\"b", "a\"b")]
    [InlineData("ü", "ü")]
    [InlineData("", "")]
    public void Values_of_HTTP_are_decoded_once(string header, string text) => Assert.Equal(text, Doors.Text(BinaryRequest.Decode(header)));

    [Theory]
    [InlineData("100%")]
    [InlineData("%4")]
    [InlineData("%zz")]
    [InlineData("%C0%A0")]
    [InlineData("%ED%A0%80")]
    [InlineData("%00")]
    public void Values_that_no_sender_may_write_are_refused(string value) =>
        Assert.Equal(ProblemTypes.InvalidField, Judge(kafka: false, "{}", "application/json", [.. Right, ("name", value)]).Problem!.Type);

    [Fact]
    public void Without_any_of_the_required_attributes_or_with_a_type_of_the_JSON_form_it_is_no_such_event()
    {
        Assert.Null(BinaryRequest.Find(Request("application/json", [("subject", "u")])));
        Assert.Null(BinaryRequest.Find(Request("application/cloudevents+json", Right)));
        Assert.Null(BinaryRecord.Find(Headers([("subject", "u")])));
        Assert.Null(BinaryRecord.Find(Headers(Right, "application/cloudevents+json; charset=utf-8")));
        Assert.Null(BinaryRecord.Find(null));
    }

    [Theory]
    [InlineData("<a/>", "text/xml", """{"datacontenttype":"text/xml","specversion":"1.0","data_base64":"PGEvPg=="}""")]
    [InlineData("{", "application/json", """{"datacontenttype":"application/json","specversion":"1.0","data_base64":"ew=="}""")]
    [InlineData("{}", null, """{"specversion":"1.0","data":{}}""")]
    public void Whatever_is_wrong_the_JSON_form_is_there_for_a_dead_letter(string data, string? contentType, string form)
    {
        var found = BinaryRecord.Find(Headers([("specversion", "1.0")], contentType))!;

        Assert.Equal(form, Doors.Text(found.Finish(Encoding.UTF8.GetBytes(data))));
    }

    private static EventVerdict Judge(bool kafka, string data, string? contentType, (string Name, string Value)[] attributes)
    {
        var found = kafka ? BinaryRecord.Find(Headers(attributes, contentType)) : BinaryRequest.Find(Request(contentType, attributes));
        return found!.Judge(found.Finish(Encoding.UTF8.GetBytes(data)), Doors.Defaults);
    }

    private static HttpRequest Request(string? contentType, (string Name, string Value)[] attributes)
    {
        var request = new DefaultHttpContext().Request;
        request.ContentType = contentType;
        foreach (var (name, value) in attributes) request.Headers.Append($"Ce-{name}", value);
        return request;
    }

    private static Headers Headers((string Name, string Value)[] attributes, string? contentType = null)
    {
        var headers = new Headers();
        if (contentType is not null) headers.Add("content-type", Encoding.UTF8.GetBytes(contentType));
        foreach (var (name, value) in attributes) headers.Add($"ce_{name}", Encoding.UTF8.GetBytes(value));
        return headers;
    }
}
