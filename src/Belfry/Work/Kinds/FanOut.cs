using System.Globalization;
using Belfry.Mailboxes;
using Belfry.Mailboxes.Lanes;
using Belfry.Work.Topics;

namespace Belfry.Work.Kinds;

/// <summary>
/// An event for the members of a topic, or for more users than are stored in place. It goes through the background lane in
/// chunks, each in one transaction with how far it has come: killed anywhere, it goes on behind the last chunk. One chunk is
/// stored while the next is made; they are stored in order, because one lane has them.
/// </summary>
internal sealed class FanOut(AppendLanes lanes, ITopicStore topics) : TaskKind
{
    public const string KindName = "fan-out";

    private const int Chunk = AppendLanes.BackgroundBatch;

    public override string Name => KindName;

    /// <summary>A topic has any number of members; the lease says that it is still being worked on.</summary>
    public override TimeSpan Timeout => TimeSpan.FromHours(24);

    public override async Task<TaskResult> RunAsync(ClaimedTask task, CancellationToken ct)
    {
        var content = DeferredEvent.Read(task.Body);
        var key = EventKey.Of(content.Source, content.EventId);
        var hold = new TaskHold(task.Id, task.Token);
        LaneWork? before = null;
        try
        {
            for (var progress = task.Progress; ;)
            {
                var (users, reached) = await ReadAsync(content, progress, ct);
                if (users.Count == 0) return before is null || await before.FinishAsync(ct) ? TaskResult.Done : TaskResult.Lost;

                // The lane has the next chunk before it is through with this one, and never waits for us.
                var chunk = await LaneWork.EnterAsync(lanes.Background, owner => Items(users, owner, reached), ct);
                if (before is not null && !await before.FinishAsync(ct)) return TaskResult.Lost;
                if (reached is null) return await chunk.FinishAsync(ct) ? TaskResult.Gone : TaskResult.Lost;
                (before, progress) = (chunk, reached);
            }
        }
        finally
        {
            // A chunk whose predecessor was not stored must not be either.
            hold.Lose();
        }

        LaneItem[] Items(IReadOnlyList<string> users, LaneWork owner, string? reached) =>
        [
            .. users.Select((user, index) => new LaneItem(
                content.NotificationFor(user, key), owner, index, hold, index == users.Count - 1 ? hold.StepTo(reached) : null)),
        ];
    }

    /// <summary>The next users, and what to go on from after them; null: they are the last.</summary>
    private async Task<(IReadOnlyList<string> Users, string? Reached)> ReadAsync(DeferredEvent content, string? progress, CancellationToken ct)
    {
        if (content.UserIds is { } listed)
        {
            var from = progress is null ? 0 : int.Parse(progress, CultureInfo.InvariantCulture);
            var to = Math.Min(from + Chunk, listed.Count);
            return ([.. listed.Skip(from).Take(Chunk)], to == listed.Count ? null : to.ToString(CultureInfo.InvariantCulture));
        }

        // One more than is stored now tells whether these are the last.
        var members = await topics.ReadMembersAsync(content.Topic!, progress, Chunk + 1, ct);
        return members.Count <= Chunk ? (members, null) : ([.. members.Take(Chunk)], members[Chunk - 1]);
    }
}
