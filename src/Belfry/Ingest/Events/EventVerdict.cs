using System.Diagnostics.CodeAnalysis;
using Belfry.Contracts;
using Belfry.Mailboxes;

namespace Belfry.Ingest.Events;

/// <summary>What the door made of one event: a notification for each of its users, a task that will make them, or the reason why not.</summary>
internal readonly record struct EventVerdict
{
    /// <summary>Null when there is a task, or a problem.</summary>
    public NewNotification[]? Notifications { get; private init; }

    /// <summary>The event is for later, or for very many.</summary>
    public NewTask? Task { get; private init; }

    /// <summary>The event's id, of an accepted one.</summary>
    public string? EventId { get; private init; }

    public Problem? Problem { get; private init; }

    [MemberNotNullWhen(false, nameof(Problem))]
    public bool IsAccepted => Problem is null;

    public static EventVerdict Accepted(NewNotification[] notifications) => new() { Notifications = notifications, EventId = notifications[0].EventId };

    public static EventVerdict Accepted(NewTask task, string eventId) => new() { Task = task, EventId = eventId };

    public static EventVerdict Refused(Problem problem) => new() { Problem = problem };

    /// <summary>The refusal as a dead letter gives it: the problem's type without its prefix, and what is wrong.</summary>
    public static string ReasonOf(Problem problem) => $"{problem.Type[(problem.Type.LastIndexOf(':') + 1)..]}: {problem.Detail}";
}
