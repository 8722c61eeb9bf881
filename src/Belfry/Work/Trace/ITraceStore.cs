using Belfry.Contracts;
using Belfry.Mailboxes;

namespace Belfry.Work.Trace;

/// <summary>
/// Finds what there is of an event. Two implementations, held to the same promises by the same contract tests. Thread-safe; throws
/// <see cref="StoreUnavailableException"/> like every store.
/// </summary>
internal interface ITraceStore
{
    /// <param name="key">See <see cref="EventKey"/>.</param>
    /// <param name="after">The notifications behind it; null: from the first.</param>
    /// <param name="max">The most notifications.</param>
    /// <param name="maxCount">As far as mailboxes are counted.</param>
    Task<TraceFinding> FindAsync(Guid key, TraceCursor? after, int max, int maxCount, CancellationToken ct);
}

/// <summary>What the store has of an event.</summary>
/// <param name="Count">Mailboxes that have it, at most as many as were to be counted.</param>
internal sealed record TraceFinding(int Count, IReadOnlyList<TracedNotification> Notifications, IReadOnlyList<TracedTask> Tasks);
