using Belfry.Contracts;
using Belfry.Mailboxes;
using Belfry.Mailboxes.Lanes;

namespace Belfry.Ingest.DeadLetters;

/// <summary>What became of dead letters that were sent again, and who is to hear of it.</summary>
internal sealed class DeadLetterRetry
{
    public List<DeadLetterId> Done { get; } = [];

    public List<DeadLetterId> Missing { get; } = [];

    /// <summary>They stay, each with its reason.</summary>
    public List<(DeadLetterId Id, string Reason)> Refused { get; } = [];

    /// <summary>Whose mailboxes have something new.</summary>
    public HashSet<string> Users { get; } = [];

    public bool HasNewTasks { get; set; }

    /// <summary>For streams and pickers of this process: no lane has handed it on.</summary>
    public StoredBatch ToWake() => new([], Users, HasNewTasks);

    public DeadLetterAnswer ToAnswer() => new(
        [.. Done.Select(id => id.ToString())],
        [.. Missing.Select(id => id.ToString())],
        [.. Refused.Select(r => new RefusedDeadLetter(r.Id.ToString(), Problems.StillRefused(r.Reason)))]);
}
