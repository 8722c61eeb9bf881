using System.Diagnostics.CodeAnalysis;
using Belfry.Contracts;
using Belfry.Mailboxes;

namespace Belfry.Ingest.Events;

/// <summary>What the door made of one event: a notification for each of its users, or the reason why not.</summary>
internal readonly record struct EventVerdict
{
    private EventVerdict(NewNotification[]? notifications, Problem? problem)
    {
        Notifications = notifications;
        Problem = problem;
    }

    public NewNotification[]? Notifications { get; }

    public Problem? Problem { get; }

    [MemberNotNullWhen(true, nameof(Notifications))]
    [MemberNotNullWhen(false, nameof(Problem))]
    public bool IsAccepted => Notifications is not null;

    public static EventVerdict Accepted(NewNotification[] notifications) => new(notifications, null);

    public static EventVerdict Refused(Problem problem) => new(null, problem);

    /// <summary>The refusal as a dead letter gives it: the problem's type without its prefix, and what is wrong.</summary>
    public static string ReasonOf(Problem problem) => $"{problem.Type[(problem.Type.LastIndexOf(':') + 1)..]}: {problem.Detail}";
}
