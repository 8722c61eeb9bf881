using Belfry.Mailboxes;
using Belfry.Mailboxes.Lanes;

namespace Belfry.Work.Kinds;

/// <summary>An event for one user with a <c>deliver_at</c>: when it is due it is appended like any other, in the transaction that ends the task.</summary>
internal sealed class ScheduledEvents(AppendLanes lanes) : TaskKind
{
    public const string KindName = "scheduled";

    public override string Name => KindName;

    public override async Task<TaskResult> RunAsync(ClaimedTask task, CancellationToken ct)
    {
        var content = DeferredEvent.Read(task.Body);
        var hold = new TaskHold(task.Id, task.Token);
        var notification = content.NotificationFor(content.UserId!, EventKey.Of(content.Source, content.EventId));
        var stored = await LaneWork.StoreAsync(
            lanes.OfUser(content.UserId!),
            owner => [new LaneItem(notification, owner, index: 0, hold, hold.StepTo(progress: null))],
            ct);
        return stored ? TaskResult.Gone : TaskResult.Lost;
    }
}
