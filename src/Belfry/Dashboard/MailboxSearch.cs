using Belfry.Mailboxes;
using Belfry.Streaming;

namespace Belfry.Dashboard;

/// <summary>One user's mailbox, as an operator looks at it.</summary>
internal sealed class MailboxSearch(IMailboxStore store, Hub hub)
{
    private const int Newest = 20;
    private const int MaxBytes = 256 * 1024;

    /// <exception cref="StoreUnavailableException">The store did not answer in time.</exception>
    public async Task<MailboxView> FindAsync(string user, CancellationToken ct)
    {
        var head = await store.ReadHeadAsync(user, ct);
        var rows = head.LastSeq == 0 ? [] : await store.ReadAfterAsync(user, Math.Max(head.FloorSeq, head.LastSeq - Newest), Newest, MaxBytes, ct);
        return new MailboxView(
            user, head.Generation, head.FloorSeq, head.LastSeq, head.DeliveredSeq, head.StateVersion,
            [.. rows.Reverse().Select(Show)],
            [.. hub.Of(user).Select(stream => new StreamView(stream.Written, stream.IsLive, stream.Request.Types is not null))]);
    }

    private static NotificationView Show(StoredNotification row)
    {
        var content = row.Content;
        return new NotificationView(
            row.Seq, content.EventType, content.Priority.ToString().ToUpperInvariant(), content.Source, content.EventId, content.EventTimestamp,
            row.ReceivedAt, content.Payload.Length);
    }
}
