using Belfry.Contracts;
using Belfry.Mailboxes;
using Belfry.Work;
using Belfry.Work.Kinds;

namespace Belfry.Ingest.Events;

/// <summary>An event with every member read, whatever form it came in.</summary>
internal readonly ref struct EventContent
{
    public string? Id { get; init; }

    public string? Source { get; init; }

    public string? UserId { get; init; }

    public string[]? UserIds { get; init; }

    public string? Topic { get; init; }

    /// <summary>Null: now.</summary>
    public DateTime? DeliverAt { get; init; }

    /// <summary>Null: never.</summary>
    public DateTime? ExpiresAt { get; init; }

    public string? CollapseKey { get; init; }

    public string? EventType { get; init; }

    public Priority Priority { get; init; }

    public DateTime Timestamp { get; init; }

    public string? Traceparent { get; init; }

    public byte[] Payload { get; init; }

    public byte[]? Attributes { get; init; }

    /// <summary>Holds the members against each other: one notification for each user, a task that makes them, or the problem.</summary>
    public EventVerdict Judge(ref FieldReader fields, Member user, Member users, in EventDefaults defaults)
    {
        if (fields.Problem is { } wrong) return EventVerdict.Refused(wrong);
        var targets = (UserId is null ? 0 : 1) + (UserIds is null ? 0 : 1) + (Topic is null ? 0 : 1);
        if (targets > 1)
        {
            return EventVerdict.Refused(Problems.InvalidField(
                $"exactly one of {user.NameOf()}, {users.NameOf()} and {Member.Topic.NameOf()} says whose it is, and more than one is there."));
        }

        var only = UserId ?? (targets == 0 ? defaults.FindUser() : null);
        if (targets == 0 && only is null)
        {
            return EventVerdict.Refused(Problems.InvalidField(
                $"{user.NameOf()} is missing, and so are {users.NameOf()} and {Member.Topic.NameOf()}: whose is it?"));
        }

        var id = Id ?? defaults.MakeId();
        var key = EventKey.Of(Source!, id);
        var runAt = DeliverAt > defaults.Timestamp ? DeliverAt : null;
        if (runAt is not null && only is not null) return Defer(ScheduledEvents.KindName, only, $"user\n{only}", id, runAt, only);
        if (Topic is not null) return Defer(FanOut.KindName, Topic, $"topic\n{Topic}", id, runAt, user: null);
        if (runAt is not null || UserIds?.Length > EventLimits.UsersInPlace)
        {
            return Defer(FanOut.KindName, id, $"users\n{string.Join('\n', UserIds!)}", id, runAt, user: null);
        }

        if (UserIds is null) return EventVerdict.Accepted([NotificationFor(only!, id, key)]);

        var notifications = new NewNotification[UserIds.Length];
        for (var i = 0; i < notifications.Length; i++) notifications[i] = NotificationFor(UserIds[i], id, key);
        return EventVerdict.Accepted(notifications);
    }

    /// <param name="target">For whom it is. The same event for somebody else is another task, as it is another notification.</param>
    private EventVerdict Defer(string kind, string route, string target, string id, DateTime? runAt, string? user)
    {
        // No name holds a line break.
        var key = EventKey.Of($"{Source}\n{target}", id);
        var content = new DeferredEvent
        {
            Source = Source!,
            EventId = id,
            EventType = EventType!,
            Priority = Priority,
            EventTimestamp = Timestamp,
            ExpiresAt = ExpiresAt,
            CollapseKey = CollapseKey,
            Payload = Payload,
            Traceparent = Traceparent,
            Attributes = Attributes,
            UserId = user,
            UserIds = UserIds,
            Topic = Topic,
        };
        var task = new NewTask(route, kind, key, Priority, runAt, DeferredEvent.MaxAttempts, content.ToBody())
        {
            EventKey = EventKey.Of(Source!, id),
        };
        return EventVerdict.Accepted(task, id);
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
        ExpiresAt = ExpiresAt,
        CollapseKey = CollapseKey,
        Traceparent = Traceparent,
        Attributes = Attributes,
        Payload = Payload,
    };
}
