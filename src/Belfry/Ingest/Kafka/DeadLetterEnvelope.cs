using System.Text.Json;
using System.Text.Json.Serialization;
using Belfry.Mailboxes;

namespace Belfry.Ingest.Kafka;

/// <summary>A dead letter as it stands in the dead-letter topic: JSON, because brokers older than 0.11 drop headers.</summary>
/// <param name="Id">Its position, <c>topic/partition/offset</c>; the same when it is relayed a second time.</param>
/// <param name="Reason">Why it could not become a notification.</param>
/// <param name="Key">The record's key, base64.</param>
/// <param name="Value">The record's value, base64; null when it had none, or was too large to be copied.</param>
/// <param name="ValueOmitted">True when the value is kept in the store only.</param>
internal sealed record DeadLetterEnvelope(
    string Id, string Topic, int Partition, long Offset, string Reason, byte[]? Key, byte[]? Value, DateTime ReceivedAt, bool? ValueOmitted)
{
    public static DeadLetterEnvelope Of(StoredDeadLetter stored)
    {
        var (partition, offset, reason, key, value) = stored.Letter;
        var id = string.Create(System.Globalization.CultureInfo.InvariantCulture, $"{partition.Topic}/{partition.Partition}/{offset}");
        return new DeadLetterEnvelope(id, partition.Topic, partition.Partition, offset, reason, key, value, stored.ReceivedAt, null);
    }

    public byte[] ToJson() => JsonSerializer.SerializeToUtf8Bytes(this, DeadLetterJson.Default.DeadLetterEnvelope);
}

// Metadata: the generated writer would make an empty string of bytes that are null.
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, GenerationMode = JsonSourceGenerationMode.Metadata)]
[JsonSerializable(typeof(DeadLetterEnvelope))]
internal sealed partial class DeadLetterJson : JsonSerializerContext;
