namespace Belfry.Contracts;

/// <summary>Where an event is: the mailboxes that have it, the tasks that are still to bring it there, the dead letters it has become.</summary>
/// <param name="Count">How many mailboxes have it, as far as they were counted.</param>
/// <param name="CountIsExact">False when there are more of them.</param>
/// <param name="Notifications">A page of those, in the order of the users' ids' bytes.</param>
/// <param name="Next">What <c>?after=</c> is for the next page; absent on the last one.</param>
/// <param name="Tasks">Oldest first; what is done has left the queue.</param>
/// <param name="DeadRecords">Records of Kafka that could not become it, found when its id is their position.</param>
public sealed record EventTrace(
    string Source,
    string Id,
    int Count,
    bool CountIsExact,
    IReadOnlyList<TracedNotification> Notifications,
    string? Next,
    IReadOnlyList<TracedTask> Tasks,
    IReadOnlyList<DeadLetter> DeadRecords);

/// <summary>The event as it stands in one mailbox.</summary>
/// <param name="EventTimestamp">The producer's time, UTC.</param>
/// <param name="ReceivedAt">When it was stored, UTC.</param>
/// <param name="Delivered">Whether a connection of the user had it and outlived that.</param>
/// <param name="DeliveredAt">At the latest then, UTC: when the mailbox's delivered seq was moved last. Absent when that is not known.</param>
public sealed record TracedNotification(
    string UserId,
    long Seq,
    Guid NotificationId,
    string EventType,
    Priority Priority,
    DateTime EventTimestamp,
    DateTime ReceivedAt,
    bool Delivered,
    DateTime? DeliveredAt);

/// <summary>A task of the event that is not done. Times are UTC.</summary>
/// <param name="Kind">The kind of work.</param>
/// <param name="State"><c>scheduled</c> (its time has not come), <c>due</c>, <c>held</c> (a worker has it), <c>dead</c>.</param>
/// <param name="Attempts">How many have failed.</param>
/// <param name="RunAt">When it is or was to run; absent when it is dead.</param>
/// <param name="LeaseUntil">Of one that is held.</param>
/// <param name="Instance">The instance that holds it; absent with SQLite, which has one.</param>
/// <param name="Progress">How far it has come.</param>
/// <param name="DiedAt">Of one that is dead.</param>
/// <param name="DeadLetter">Its name among the dead letters.</param>
public sealed record TracedTask(
    long Id,
    string Kind,
    string State,
    int Attempts,
    int MaxAttempts,
    DateTime CreatedAt,
    DateTime? RunAt,
    DateTime? LeaseUntil,
    Guid? Instance,
    string? LastError,
    string? Progress,
    DateTime? DiedAt,
    string? DeadLetter);
