using System.IO.Pipelines;
using Belfry.Contracts;
using Belfry.Mailboxes;
using Belfry.Mailboxes.Marks;

namespace Belfry.Streaming;

/// <summary>
/// What the user does with his notifications, on its way to this stream. A change is told when everything is covered that was in
/// the mailbox when its counts were made; what has been sent since is unread, and is added to them. So at any time a client has
/// the counts of what it has.
/// </summary>
internal sealed partial class Subscription
{
    /// <summary>With more of them the client is stalled. It is told the newest only, sees the jump, and reads the inbox again.</summary>
    private const int MaxChanges = 16;

    /// <summary>
    /// The newest change that the client has been told, or will be, and of which history. Null: it has not begun, and will read for
    /// itself where it stands.
    /// </summary>
    public (int Generation, long StateVersion)? StateKnown
    {
        get
        {
            lock (_gate) return _epoch.Length == 0 || _startsAnew ? null : (_head.Generation, _newestChange);
        }
    }

    /// <summary>Where the mailbox stands with all that is covered. For who writes the blocks, and for anybody once it has ended.</summary>
    public (long Covered, long StateVersion, Counts Counts) Standing => (_covered, _stateVersion, CountsAt(_covered, _head.Counts, _head.LastSeq));

    /// <summary>A change that was made anywhere. Never waits.</summary>
    public void Offer(InboxChange change)
    {
        lock (_gate)
        {
            var changes = _changes ??= [];
            if (_epoch.Length > 0 && (change.Generation != _head.Generation || change.StateVersion <= _stateVersion)) return;

            var place = changes.FindLastIndex(c => c.StateVersion <= change.StateVersion) + 1;
            if (place > 0 && changes[place - 1].StateVersion == change.StateVersion) return;
            changes.Insert(place, change);
            if (changes.Count > MaxChanges) changes.RemoveRange(0, changes.Count - 1);
            _newestChange = Math.Max(_newestChange, change.StateVersion);
        }

        _signal.Set();
    }

    /// <summary>Under the gate: whether there is a change to tell when everything up to this seq is covered.</summary>
    private bool HasChanges(long covered) => _live && _saidCaughtUp && _changes is { Count: > 0 } changes && changes[0].LastSeq <= covered;

    private async Task TellChangesAsync(PipeWriter output)
    {
        List<InboxChange> due;
        lock (_gate)
        {
            due = [.. _changes!.TakeWhile(change => change.LastSeq <= _taken)];
            _changes!.RemoveRange(0, due.Count);
        }

        foreach (var change in due)
        {
            if (change.StateVersion <= _stateVersion || change.Generation != _head.Generation) continue;

            var message = new StateChanged(
                NameOf(change.Kind), change.Seqs, change.Seqs is null ? CursorAt(change.UpTo).ToString() : null, change.StateVersion,
                CountsAt(_covered, change.Counts, change.LastSeq));
            Blocks.WriteEvent(output, StreamEvents.State, cursor: null, message, ContractsJson.Default.StateChanged);
            lock (_gate) _stateVersion = change.StateVersion;
        }

        await FlushAsync(output);
    }

    /// <summary>Before the client has been told any: a newer state is as good as the one from the start.</summary>
    private void TakeState(MailboxHead head)
    {
        lock (_gate)
        {
            _head = head;
            _stateVersion = head.StateVersion;
            _newestChange = Math.Max(_newestChange, head.StateVersion);
            _changes?.RemoveAll(change => change.StateVersion <= head.StateVersion);
        }
    }

    /// <summary>What has come since counts were made is neither seen nor read.</summary>
    internal static Counts CountsAt(long covered, Counts counts, long madeAt)
    {
        var more = Math.Max(0, covered - madeAt);
        return new Counts(counts.Unread + more, counts.Unseen + more, counts.Total + more);
    }

    private static string NameOf(InboxChangeKind kind) => kind switch
    {
        InboxChangeKind.Seen => "seen",
        InboxChangeKind.Read => "read",
        InboxChangeKind.Unread => "unread",
        InboxChangeKind.Archived => "archived",
        InboxChangeKind.Collapsed => "collapsed",
        InboxChangeKind.Expired => "expired",
        InboxChangeKind.Muted => "muted",
        _ => "deleted",
    };
}
