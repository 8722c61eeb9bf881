using Belfry.Contracts;
using Belfry.Mailboxes;

namespace Belfry.Ingest.Events;

/// <summary>An event with every member read, whatever form it came in.</summary>
internal readonly ref struct EventContent
{
    public string? Id { get; init; }

    public string? Source { get; init; }

    public string? UserId { get; init; }

    public string[]? UserIds { get; init; }

    public string? EventType { get; init; }

    public Priority Priority { get; init; }

    public DateTime Timestamp { get; init; }

    public string? Traceparent { get; init; }

    public byte[] Payload { get; init; }

    public byte[]? Attributes { get; init; }

    /// <summary>Holds the members against each other: one notification for each user, or the problem.</summary>
    public EventVerdict Judge(ref FieldReader fields, Member user, Member users, in EventDefaults defaults)
    {
        if (fields.Problem is { } wrong) return EventVerdict.Refused(wrong);
        if (UserId is not null && UserIds is not null)
        {
            return EventVerdict.Refused(Problems.InvalidField($"{user.NameOf()} and {users.NameOf()} are both there: exactly one of them names the users."));
        }

        var only = UserId ?? (UserIds is null ? defaults.FindUser() : null);
        if (UserIds is null && only is null)
        {
            return EventVerdict.Refused(Problems.InvalidField($"{user.NameOf()} is missing, and so is {users.NameOf()}: whose is it?"));
        }

        var id = Id ?? defaults.MakeId();
        var key = EventKey.Of(Source!, id);
        if (UserIds is null) return EventVerdict.Accepted([NotificationFor(only!, id, key)]);

        var notifications = new NewNotification[UserIds.Length];
        for (var i = 0; i < notifications.Length; i++) notifications[i] = NotificationFor(UserIds[i], id, key);
        return EventVerdict.Accepted(notifications);
    }

    private NewNotification NotificationFor(string userId, string id, Guid key) => new()
    {
        UserId = userId,
        Source = Source!,
        EventId = id,
        EventKey = key,
        NotificationId = Guid.CreateVersion7(),
        EventType = EventType!,
        Priority = Priority,
        EventTimestamp = Timestamp,
        Traceparent = Traceparent,
        Attributes = Attributes,
        Payload = Payload,
    };
}
