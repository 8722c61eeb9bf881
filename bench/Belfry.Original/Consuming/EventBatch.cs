using System.Globalization;
using Belfry.Contracts;
using Belfry.Ingest.Events;
using Belfry.Mailboxes;
using Belfry.Original.Table;
using Confluent.Kafka;

namespace Belfry.Original.Consuming;

/// <summary>The records read since the last insert, as rows, and where to go on after them. Not for several threads.</summary>
internal sealed class EventBatch(bool asPublished)
{
    private readonly List<NotificationRow> _rows = [];
    private readonly Dictionary<TopicPartition, Offset> _next = [];

    public IReadOnlyList<NotificationRow> Rows => _rows;

    /// <summary>How many records it has, refused ones included.</summary>
    public int Records { get; private set; }

    public IEnumerable<TopicPartitionOffset> Next => _next.Select(next => new TopicPartitionOffset(next.Key, next.Value));

    /// <summary>False when the record is no event: it is passed over.</summary>
    public bool Add(ConsumeResult<byte[], byte[]> record, DateTime receivedAt)
    {
        Records++;
        _next[record.TopicPartition] = record.Offset + 1;

        var defaults = new EventDefaults(record.Topic, Rfc3339.WholeMicroseconds(receivedAt))
        {
            IdStem = string.Create(CultureInfo.InvariantCulture, $"{record.Topic}/{record.Partition.Value}"),
            Place = record.Offset.Value,
        };
        var verdict = EventParser.ReadRecord(record.Message.Value, defaults);
        if (!verdict.IsAccepted) return false;
        foreach (var notification in verdict.Notifications) _rows.Add(ToRow(notification, receivedAt));
        return true;
    }

    public void Clear()
    {
        Records = 0;
        _rows.Clear();
        _next.Clear();
    }

    private NotificationRow ToRow(NewNotification notification, DateTime receivedAt) => new(
        // As published: a new one, so that what is read twice is there twice (fault 2).
        asPublished ? Guid.CreateVersion7() : IdOf(notification),
        notification.UserId,
        notification.EventType,
        notification.Priority switch { Priority.High => "HIGH", Priority.Low => "LOW", _ => "MEDIUM" },
        notification.EventTimestamp,
        receivedAt,
        notification.Payload);

    /// <summary>The event's own id where it is a UUID, which is all that the column holds; else the key that stands for source and id.</summary>
    private static Guid IdOf(NewNotification notification) =>
        Guid.TryParseExact(notification.EventId, "D", out var id) ? id : notification.EventKey;
}
