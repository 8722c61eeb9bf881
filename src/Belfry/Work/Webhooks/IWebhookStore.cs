using Belfry.Mailboxes;

namespace Belfry.Work.Webhooks;

/// <summary>
/// The log as webhooks look through it. Two implementations, held to the same promises by the same contract tests. Thread-safe.
/// Every call throws <see cref="StoreUnavailableException"/> when the store does not answer in time, and may be repeated then.
/// </summary>
internal interface IWebhookStore
{
    /// <summary>
    /// Looks through one page of the log for an endpoint: what is old enough, wanted, not expired and not delivered becomes a task,
    /// and the endpoint's place moves, in one transaction. An endpoint that was never seen begins now.
    /// </summary>
    Task<WebhookScan> ScanAsync(WebhookScanRequest request, CancellationToken ct);

    /// <summary>The notification of a task, and whether it still has to be sent.</summary>
    Task<WebhookNotification> FindAsync(WebhookTask task, CancellationToken ct);

    /// <summary>Endpoints that are not among these, and have tasks waiting: name and how many.</summary>
    Task<IReadOnlyList<(string Name, long Waiting)>> ListStrandedAsync(IReadOnlyCollection<string> configured, CancellationToken ct);
}

/// <summary>What is looked for, and how much of it at once.</summary>
/// <param name="Kind">The kind that its tasks get.</param>
/// <param name="After">How old a notification must be.</param>
/// <param name="Every">Nothing is done when another look was not so long ago.</param>
/// <param name="TooOld">What has been due for longer is passed over.</param>
/// <param name="Span">How much of the log's time is looked through at most.</param>
/// <param name="Rows">How many rows are.</param>
/// <param name="Room">With so many tasks waiting nothing is done: the log is the queue.</param>
internal sealed record WebhookScanRequest(
    string Endpoint, string Kind, TimeSpan After, TimeSpan Every, TimeSpan TooOld, TimeSpan Span, int Rows, int Room, int MaxAttempts, TypeFilter? Types);

/// <summary>What a look has come to.</summary>
/// <param name="Number">The endpoint's own number, from which its tasks' ranks are made.</param>
/// <param name="Done">False: another instance is at it, or has just been.</param>
/// <param name="More">There is more to look at now: it ended at the page's end.</param>
/// <param name="Rows">How many rows were looked at.</param>
/// <param name="Added">How many became tasks.</param>
/// <param name="Waiting">How many of its tasks wait, as far as <see cref="WebhookScanRequest.Room"/> counts.</param>
/// <param name="Behind">How much of the log's time is due and not looked at.</param>
/// <param name="Skipped">How much of it was passed over because it was too old.</param>
internal readonly record struct WebhookScan(int Number, bool Done, bool More, int Rows, int Added, int Waiting, TimeSpan Behind, TimeSpan Skipped);

/// <summary>What became of a notification since its task was made.</summary>
/// <param name="Stored">Null: it is gone, or has expired.</param>
/// <param name="Preferences">What its user wants to be told of, as he has said it; null: nothing.</param>
internal sealed record WebhookNotification(StoredNotification? Stored, bool Delivered, byte[]? Preferences);
