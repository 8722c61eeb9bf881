using System.Text;
using Belfry.Ingest.Events;
using Confluent.Kafka;

namespace Belfry.Ingest.Kafka;

/// <summary>A CloudEvent in Kafka's binary mode: the attributes are headers <c>ce_*</c>, UTF-8 as they are; the value is the data.</summary>
internal static class BinaryRecord
{
    private const string Prefix = "ce_";
    private const string ContentType = "content-type";

    /// <summary>The event without its data; null when the record is no such event.</summary>
    public static BinaryEvent? Find(Headers? headers)
    {
        if (headers is null || headers.Count == 0 || !headers.Any(header => AttributeOf(header) is { } name && BinaryEvent.IsMark(name))) return null;

        var contentType = headers.FirstOrDefault(header => header.Key.Equals(ContentType, StringComparison.OrdinalIgnoreCase))?.GetValueBytes();
        var type = contentType is null ? null : Encoding.UTF8.GetString(contentType);
        if (BinaryEvent.IsStructured(type)) return null;

        var found = new BinaryEvent(type);
        foreach (var header in headers)
        {
            // Null is as good as absent.
            if (AttributeOf(header) is { } attribute && header.GetValueBytes() is { } value) found.Add(attribute, value);
        }

        return found;
    }

    private static string? AttributeOf(IHeader header) => header.Key.StartsWith(Prefix, StringComparison.Ordinal) ? header.Key[Prefix.Length..] : null;
}
