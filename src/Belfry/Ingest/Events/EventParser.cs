using System.Text.Json;
using System.Text.Unicode;
using Belfry.Contracts;

namespace Belfry.Ingest.Events;

/// <summary>What a body is said to hold.</summary>
internal enum EventFormat
{
    /// <summary>One event or an array; each is flat, or a CloudEvent when it has a <c>specversion</c>.</summary>
    Any,

    /// <summary>One CloudEvent.</summary>
    CloudEvent,

    /// <summary>An array of CloudEvents.</summary>
    CloudEventBatch,
}

/// <summary>What was read of a body: a verdict for each of its events in their order, or what is wrong with it as a whole.</summary>
internal readonly record struct EventBody(IReadOnlyList<EventVerdict> Verdicts, Problem? Problem);

/// <summary>
/// The door: UTF-8 in, notifications that the store can hold out, or the reason why not. Everything is read in place, in one
/// pass; a bad event does not spoil its neighbours, but what is not JSON has no neighbours. Of an event that names a member
/// twice nothing is taken, and null is as good as absent. Stateless.
/// </summary>
internal static class EventParser
{
    // Depth is a payload's own affair: one that is too deep is one bad event, not a body that cannot be read.
    private static readonly JsonReaderOptions Options = new() { MaxDepth = EventLimits.Body };

    public static EventBody ReadBody(ReadOnlySpan<byte> body, EventFormat format, in EventDefaults defaults)
    {
        body = WithoutMark(body);
        if (!Utf8.IsValid(body)) return Whole(Problems.Malformed("The body is not valid UTF-8."));
        try
        {
            return ReadJson(body, format, defaults);
        }
        catch (JsonException e)
        {
            return Whole(Problems.Malformed(Describe(e)));
        }
    }

    /// <summary>Reads a record of Kafka: one event.</summary>
    public static EventVerdict ReadRecord(ReadOnlySpan<byte> value, in EventDefaults defaults) => ReadRecord(value, EventFormat.Any, defaults);

    public static EventVerdict ReadRecord(ReadOnlySpan<byte> value, EventFormat format, in EventDefaults defaults)
    {
        if (value.Length > EventLimits.Body)
        {
            return EventVerdict.Refused(Problems.TooLarge($"the record has {value.Length} bytes, of at most {EventLimits.Body}."));
        }

        value = WithoutMark(value);
        if (!Utf8.IsValid(value)) return EventVerdict.Refused(Problems.Malformed("not valid UTF-8."));
        try
        {
            var json = new Utf8JsonReader(value, Options);
            json.Read();
            var verdict = ReadItem(ref json, value, format, defaults);
            json.Read(); // Throws unless this is the end.
            return verdict;
        }
        catch (JsonException e)
        {
            return EventVerdict.Refused(Problems.Malformed(Describe(e)));
        }
    }

    private static EventBody ReadJson(ReadOnlySpan<byte> body, EventFormat format, in EventDefaults defaults)
    {
        var json = new Utf8JsonReader(body, Options);
        json.Read();
        if (json.TokenType != JsonTokenType.StartArray)
        {
            if (format == EventFormat.CloudEventBatch) return Whole(Problems.Malformed("A batch is an array."));
            var verdict = ReadItem(ref json, body, format, defaults);
            json.Read();
            return new EventBody([verdict], null);
        }

        if (format == EventFormat.CloudEvent) return Whole(Problems.Malformed("An array of CloudEvents is application/cloudevents-batch+json."));

        var verdicts = new List<EventVerdict>();
        var notifications = 0;
        while (json.Read() && json.TokenType != JsonTokenType.EndArray)
        {
            if (verdicts.Count == EventLimits.Items) return Whole(Problems.TooLarge($"There are more than {EventLimits.Items} events in the body."));
            verdicts.Add(ReadItem(ref json, body, format, defaults with { Place = verdicts.Count }));
            notifications += verdicts[^1].Notifications?.Length ?? 0;
            if (notifications > EventLimits.Notifications)
            {
                return Whole(Problems.TooLarge($"The events of the body name more than {EventLimits.Notifications} users in all."));
            }
        }

        json.Read();
        return verdicts.Count == 0 ? Whole(Problems.Malformed("The array has no events.")) : new EventBody(verdicts, null);
    }

    /// <summary>Reads the value that the reader stands on, to its end.</summary>
    private static EventVerdict ReadItem(ref Utf8JsonReader json, ReadOnlySpan<byte> input, EventFormat format, in EventDefaults defaults)
    {
        if (json.TokenType != JsonTokenType.StartObject)
        {
            json.Skip();
            return EventVerdict.Refused(Problems.Malformed("An event is a JSON object."));
        }

        var start = (int)json.TokenStartIndex;
        var members = EventMembers.Read(ref json, input);
        return format != EventFormat.Any || members.Has(Member.SpecVersion)
            ? CloudEvent.Read(members, input[start..(int)json.BytesConsumed], defaults)
            : FlatEvent.Read(members, defaults);
    }

    internal static ReadOnlySpan<byte> WithoutMark(ReadOnlySpan<byte> text) => text.StartsWith("\uFEFF"u8) ? text[3..] : text;

    private static EventBody Whole(Problem problem) => new([], problem);

    internal static string Describe(JsonException e) => $"Not JSON: stopped at line {e.LineNumber + 1}, byte {e.BytePositionInLine + 1}.";
}
