namespace Belfry.Ingest.Events;

/// <summary>The flat JSON form of an event. Members that it does not know are ignored.</summary>
internal static class FlatEvent
{
    public static EventVerdict Read(EventMembers members, in EventDefaults defaults)
    {
        var fields = new FieldReader(members);
        // The original system's name for the id; id wins.
        var id = fields.Text(Member.Id, EventLimits.Name) ?? fields.Text(Member.NotificationId, EventLimits.Name);
        var content = new EventContent
        {
            Id = id,
            Source = fields.Text(Member.Source, EventLimits.Name) ?? defaults.Source,
            UserId = fields.Text(Member.UserId, EventLimits.Name),
            UserIds = fields.UserArray(),
            Topic = fields.Text(Member.Topic, EventLimits.Name),
            DeliverAt = fields.Time(Member.DeliverAt),
            ExpiresAt = fields.Time(Member.ExpiresAt),
            CollapseKey = fields.Text(Member.CollapseKey, EventLimits.Name),
            EventType = fields.RequiredText(Member.EventType, EventLimits.EventType),
            Priority = fields.Priority(),
            Timestamp = fields.Time(Member.EventTimestamp) ?? defaults.Timestamp,
            Traceparent = fields.Traceparent() ?? defaults.Traceparent,
            Payload = fields.Payload(Member.Payload),
        };
        return content.Judge(ref fields, Member.UserId, Member.UserIds, defaults);
    }
}
