using System.Globalization;
using System.Text;
using Belfry.Ingest.Events;
using Belfry.Mailboxes.Lanes;
using Confluent.Kafka;

namespace Belfry.Ingest.Kafka;

/// <summary>Makes lane items of the records of one partition: a notification for each user, or a dead letter with the reason.</summary>
internal sealed class RecordDoor(TopicPartition partition, IngestMetrics ingest, KafkaMetrics metrics, TimeProvider time)
{
    private readonly string _idStem = string.Create(CultureInfo.InvariantCulture, $"{partition.Topic}/{partition.Partition.Value}");

    public LaneItem[] ItemsOf(ConsumeResult<byte[], byte[]> result, IKafkaLease lease, ILaneItemOwner owner)
    {
        var binary = BinaryRecord.Find(result.Message.Headers);
        var record = new LaneRecord(lease, result.Offset.Value, result.Message.Key, binary?.Finish(result.Message.Value) ?? result.Message.Value);
        metrics.Consumed(partition.Topic);

        // Without an id in it, a record is known by where it stands: read again, it is the same event.
        var defaults = new EventDefaults(partition.Topic, TimeOf(result.Message.Timestamp))
        {
            IdStem = _idStem,
            Place = record.Offset,
            UserKey = record.Key,
        };
        var verdict = binary?.Judge(record.Value, defaults) ?? EventParser.ReadRecord(record.Value, defaults);
        if (!verdict.IsAccepted)
        {
            ingest.Rejected(IngestMetrics.Kafka, verdict.Problem.Type);
            return [new LaneItem(owner, record, EventVerdict.ReasonOf(verdict.Problem))];
        }

        if (verdict.Task is { } task) return [new LaneItem(task, owner, record)];

        var notifications = verdict.Notifications!;
        if (notifications.Length == 1 && record.Key is { } key && !IsKeyOf(notifications[0].UserId, key)) metrics.KeyMismatched();

        var items = new LaneItem[notifications.Length];
        for (var i = 0; i < items.Length; i++)
        {
            items[i] = new LaneItem(notifications[i], owner, record, i, endsSource: i == items.Length - 1);
        }

        return items;
    }

    private DateTime TimeOf(Timestamp timestamp)
    {
        if (timestamp.Type != TimestampType.NotAvailable && Rfc3339.IsSane(timestamp.UtcDateTime)) return timestamp.UtcDateTime;
        return Rfc3339.WholeMicroseconds(time.GetUtcNow().UtcDateTime);
    }

    private static bool IsKeyOf(string userId, byte[] key)
    {
        Span<byte> bytes = stackalloc byte[EventLimits.Name * 3];
        return Encoding.UTF8.TryGetBytes(userId, bytes, out var length) && bytes[..length].SequenceEqual(key);
    }
}
