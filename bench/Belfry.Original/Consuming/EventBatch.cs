using System.Globalization;
using Belfry.Contracts;
using Belfry.Ingest.Events;
using Belfry.Mailboxes;
using Belfry.Original.Table;

namespace Belfry.Original.Consuming;

/// <summary>The records read since the last insert, as rows, and the partitions that they come from. Not for several threads.</summary>
internal sealed class EventBatch(bool asPublished)
{
    private readonly List<NotificationRow> _rows = [];
    private readonly Dictionary<QueuedPartition, (long Next, int Records)> _partitions = [];

    public IReadOnlyList<NotificationRow> Rows => _rows;

    /// <summary>How many records it has, refused ones included.</summary>
    public int Records { get; private set; }

    /// <summary>False when the record is no event: it is passed over.</summary>
    public bool Add(QueuedRecord queued, DateTime receivedAt)
    {
        var (partition, record) = queued;
        Records++;
        _partitions[partition] = (record.Offset.Value + 1, _partitions.GetValueOrDefault(partition).Records + 1);

        var verdict = EventParser.ReadRecord(record.Message.Value, new EventDefaults(record.Topic, Rfc3339.WholeMicroseconds(receivedAt))
        {
            IdStem = string.Create(CultureInfo.InvariantCulture, $"{record.Topic}/{record.Partition.Value}"),
            Place = record.Offset.Value,
            UserKey = record.Message.Key,
        });
        // It knows of no topics and of no times.
        if (verdict.Notifications is null) return false;
        foreach (var notification in verdict.Notifications) _rows.Add(ToRow(notification, verdict.Notifications.Length, receivedAt));
        return true;
    }

    /// <summary>The offsets may be committed.</summary>
    public void MarkDone()
    {
        foreach (var (partition, (next, _)) in _partitions) partition.MarkDone(next);
    }

    /// <summary>Everything has been tried; the batch is empty again.</summary>
    public void Finish()
    {
        foreach (var (partition, (_, records)) in _partitions) partition.Finished(records);
        Records = 0;
        _rows.Clear();
        _partitions.Clear();
    }

    private NotificationRow ToRow(NewNotification notification, int users, DateTime receivedAt) => new(
        // As published: a new one, so that what is read twice is there twice (fault 2).
        asPublished ? Guid.CreateVersion7() : IdOf(notification, users),
        notification.UserId,
        notification.EventType,
        notification.Priority switch { Priority.High => "HIGH", Priority.Low => "LOW", _ => "MEDIUM" },
        notification.EventTimestamp,
        receivedAt,
        notification.Payload);

    /// <summary>
    /// The event's own id where it is a UUID, which is all that the column holds; else the key that stands for source and id. An
    /// event for several users, which the original did not have, needs an id for each of them.
    /// </summary>
    private static Guid IdOf(NewNotification notification, int users)
    {
        if (users > 1) return EventKey.Of(notification.UserId, notification.EventId);
        return Guid.TryParseExact(notification.EventId, "D", out var id) ? id : notification.EventKey;
    }
}
