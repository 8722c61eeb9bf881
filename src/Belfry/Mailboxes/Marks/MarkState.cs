namespace Belfry.Mailboxes.Marks;

/// <summary>What has become of a notification in its mailbox. Stored as these numbers.</summary>
[Flags]
internal enum MarkState
{
    /// <summary>Nothing yet: neither seen nor read.</summary>
    None = 0,

    /// <summary>It was on a screen of its user.</summary>
    Seen = 1,

    /// <summary>Its user has read it. Only beside <see cref="Seen"/>.</summary>
    Read = 2,

    /// <summary>Put away: no longer in the inbox. This and everything above it hides, and says why.</summary>
    Archived = 4,

    /// <summary>Its user does not want it any more: in no page, on no stream.</summary>
    Deleted = 8,

    /// <summary>Its time is over.</summary>
    Expired = 16,

    /// <summary>A newer one stands in its place.</summary>
    Collapsed = 32,

    /// <summary>Its type is one that the user has muted. Only beside <see cref="Archived"/>, and found there.</summary>
    Muted = 64,
}

/// <summary>What the marks mean to those who count.</summary>
internal static class MarkStates
{
    /// <summary>It counts in no total, and so not as unread or unseen.</summary>
    public static bool IsHidden(this MarkState state) => state >= MarkState.Archived;

    /// <summary>It is in no page of the inbox and on no stream.</summary>
    public static bool IsGone(this MarkState state) => state >= MarkState.Deleted;

    /// <summary>The marks after a change. What is deleted stays as it is; only what is unread is collapsed.</summary>
    public static MarkState After(this MarkState state, InboxChangeKind change) => (change, state & MarkState.Deleted) switch
    {
        (_, MarkState.Deleted) => state,
        (InboxChangeKind.Seen, _) => state | MarkState.Seen,
        (InboxChangeKind.Read, _) => state | MarkState.Seen | MarkState.Read,
        (InboxChangeKind.Unread, _) => state & ~MarkState.Read,
        (InboxChangeKind.Archived, _) => state | MarkState.Archived,
        (InboxChangeKind.Collapsed, _) => state < MarkState.Read ? state | MarkState.Collapsed : state,
        (InboxChangeKind.Expired, _) => state.IsGone() ? state : state | MarkState.Expired,
        (InboxChangeKind.Muted, _) => state.IsGone() ? state : state | MarkState.Archived | MarkState.Muted,
        _ => state | MarkState.Deleted,
    };
}
