using System.Buffers;
using System.Text.Json;
using Belfry.Contracts;
using Microsoft.Net.Http.Headers;

namespace Belfry.Ingest.Events;

/// <summary>
/// A CloudEvent 1.0 in its JSON form. <c>subject</c> is the user; <c>priority</c>, <c>userids</c> (users with commas between them),
/// <c>topic</c>, <c>deliverat</c>, <c>expiresat</c>, <c>collapsekey</c> and <c>traceparent</c> are extensions that mean something here, every other one is kept as an attribute.
/// </summary>
internal static class CloudEvent
{
    public static EventVerdict Read(EventMembers members, ReadOnlySpan<byte> item, in EventDefaults defaults)
    {
        var fields = new FieldReader(members);
        if (fields.RequiredText(Member.SpecVersion, EventLimits.Name) is { } version && version != "1.0")
        {
            fields.Refuse(Problems.InvalidField("specversion is not 1.0."));
        }

        DemandJson(ref fields);

        var content = new EventContent
        {
            Id = fields.RequiredText(Member.Id, EventLimits.Name),
            Source = fields.RequiredText(Member.Source, EventLimits.Name),
            UserId = fields.Text(Member.Subject, EventLimits.Name),
            UserIds = fields.UserList(),
            Topic = fields.Text(Member.Topic, EventLimits.Name),
            DeliverAt = fields.Time(Member.DeliverAtExtension),
            ExpiresAt = fields.Time(Member.ExpiresAtExtension),
            CollapseKey = fields.Text(Member.CollapseKeyExtension, EventLimits.Name),
            EventType = fields.RequiredText(Member.Type, EventLimits.EventType),
            Priority = fields.Priority(),
            Timestamp = fields.Time(Member.Time) ?? defaults.Timestamp,
            Traceparent = fields.Traceparent() ?? defaults.Traceparent,
            Payload = fields.Payload(Member.Data),
            Attributes = ReadAttributes(ref fields, item),
        };
        return content.Judge(ref fields, Member.Subject, Member.UserIdsExtension, defaults);
    }

    private static void DemandJson(ref FieldReader fields)
    {
        if (fields.Has(Member.DataBase64))
        {
            fields.Refuse(Problems.NotSupported("data_base64 is not supported: the payload is JSON, in data."));
        }

        if (fields.Text(Member.DataContentType, EventLimits.Name) is { } type && !IsJson(type))
        {
            fields.Refuse(Problems.NotSupported("datacontenttype is not JSON: the payload is JSON, in data."));
        }
    }

    internal static bool IsJson(string type) =>
        MediaTypeHeaderValue.TryParse(type, out var parsed)
        && (parsed.SubType.Equals("json", StringComparison.OrdinalIgnoreCase) || parsed.Suffix.Equals("json", StringComparison.OrdinalIgnoreCase));

    /// <summary>The extensions that mean nothing here, as one JSON object; null when there are none.</summary>
    private static byte[]? ReadAttributes(ref FieldReader fields, ReadOnlySpan<byte> item)
    {
        ArrayBufferWriter<byte>? attributes = null;
        var count = 0;
        var json = new Utf8JsonReader(item, new JsonReaderOptions { MaxDepth = EventLimits.Body });
        json.Read();
        while (json.Read() && json.TokenType == JsonTokenType.PropertyName)
        {
            var start = (int)json.TokenStartIndex;
            var known = Members.Find(ref json) is { } member && member.IsOfCloudEvents();
            json.Read();
            var kind = json.TokenType;
            json.Skip();
            if (known || kind == JsonTokenType.Null) continue;

            if (kind is JsonTokenType.StartObject or JsonTokenType.StartArray)
            {
                fields.Refuse(Problems.InvalidField("an extension is an array or an object: CloudEvents allows neither."));
            }

            if (++count > EventLimits.Extensions) fields.Refuse(Problems.TooLarge($"there are more than {EventLimits.Extensions} extensions."));
            if (fields.Problem is not null) return null;

            attributes ??= new ArrayBufferWriter<byte>();
            attributes.Write(count == 1 ? "{"u8 : ","u8);
            attributes.Write(item[start..(int)json.BytesConsumed]);
        }

        if (attributes is null) return null;
        attributes.Write("}"u8);
        if (attributes.WrittenCount > EventLimits.ExtensionBytes)
        {
            fields.Refuse(Problems.TooLarge($"the extensions have more than {EventLimits.ExtensionBytes} bytes."));
        }
        else if (StorableJson.FindFault(attributes.WrittenSpan, maxDepth: 1) is { } fault)
        {
            fields.Refuse(Problems.InvalidField($"an extension {fault}."));
        }

        return attributes.WrittenSpan.ToArray();
    }
}
