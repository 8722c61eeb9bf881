namespace Belfry.Contracts;

/// <summary>Data of <c>caught-up</c>.</summary>
/// <param name="Cursor">Where the stream stands now.</param>
/// <param name="StateVersion">Rises by one with each change of the mailbox's read state.</param>
/// <param name="Counts">The mailbox's counts.</param>
public sealed record CaughtUp(string Cursor, long StateVersion, Counts Counts);

/// <summary>How many notifications a mailbox holds.</summary>
/// <param name="Unread">Not read.</param>
/// <param name="Unseen">Not seen.</param>
/// <param name="Total">Not archived, deleted or expired.</param>
public sealed record Counts(long Unread, long Unseen, long Total);

/// <summary>Data of <c>state</c>. A client that sees the version rise by more than one has missed a change, and reads the inbox again.</summary>
/// <param name="Change">One of <c>seen</c>, <c>read</c>, <c>unread</c>, <c>archived</c>, <c>deleted</c>.</param>
/// <param name="Seqs">The notifications that are now so.</param>
/// <param name="UpTo">A cursor, in place of <paramref name="Seqs"/>: all up to there are.</param>
/// <param name="StateVersion">After the change.</param>
/// <param name="Counts">Of the mailbox, with all notifications that this stream has sent before.</param>
public sealed record StateChanged(string Change, IReadOnlyList<long>? Seqs, string? UpTo, long StateVersion, Counts Counts);

/// <summary>Data of <c>reset</c>: the client's picture of the mailbox is no longer complete.</summary>
/// <param name="Reason">One of <see cref="ResetReasons"/>.</param>
/// <param name="Cursor">Where the stream goes on; the client's cursor is moved here.</param>
public sealed record Reset(string Reason, string Cursor);

/// <summary>Why a stream could not follow the client's cursor.</summary>
public static class ResetReasons
{
    /// <summary>What follows the cursor is older than the retention time, and gone.</summary>
    public const string Retention = "retention";

    /// <summary>The cursor belongs to another history: the store was restored, or the mailbox erased.</summary>
    public const string Epoch = "epoch";

    /// <summary>The cursor is ahead of the mailbox's last notification.</summary>
    public const string Ahead = "ahead";
}

/// <summary>Data of <c>bye</c>.</summary>
/// <param name="RetryMs">How long to wait before the next connection, in milliseconds.</param>
public sealed record Bye(long RetryMs);

/// <summary>What <c>POST /v1/stream/ack</c> takes.</summary>
/// <param name="Cursor">Everything up to here has arrived.</param>
public sealed record StreamAck(string? Cursor);

/// <summary>Answer of <c>GET /v1/stream?wait=</c>.</summary>
/// <param name="Items">What stands after the request's cursor, in order; not all of it when there is much.</param>
/// <param name="Cursor">For the next request.</param>
/// <param name="Reset">The request's cursor could not be followed; the items stand after where it was moved.</param>
/// <param name="StateVersion">Rises by one with each change of the mailbox's read state.</param>
/// <param name="Counts">The mailbox's counts.</param>
public sealed record StreamPage(IReadOnlyList<Notification> Items, string Cursor, StreamPageReset? Reset, long StateVersion, Counts Counts);

/// <summary>That a page does not go on where the request's cursor stood.</summary>
/// <param name="Reason">One of <see cref="ResetReasons"/>.</param>
public sealed record StreamPageReset(string Reason);
