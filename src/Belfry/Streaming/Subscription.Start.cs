using System.IO.Pipelines;
using Belfry.Contracts;
using Belfry.Mailboxes;

namespace Belfry.Streaming;

/// <summary>Where a stream begins, and where it begins anew.</summary>
internal sealed partial class Subscription
{
    /// <summary>
    /// Finds where to start, also in a history that has just begun. The hub knows this subscription already, so nothing is stored
    /// unnoticed in between.
    /// </summary>
    private async Task<bool> StartAsync(PipeWriter output)
    {
        // Before the head is read: what is offered behind it asks for another look.
        lock (_gate) _startsAnew = false;
        while (true)
        {
            if (HasEnded)
            {
                await SayByeAsync(output);
                return false;
            }

            if (!IsWaitingForStore() && await TryReadHeadAsync() is { } head)
            {
                var epoch = MailboxEpoch.Of(_context.Store.Epoch, head.Generation);
                if (_epoch.Length == 0)
                {
                    var start = StartPosition.Of(Request, head, epoch);
                    if (start.ResetReason is null) TakeAcknowledgement(head);
                    WriteStart(output, start, head, epoch);
                    return true;
                }

                if (_epoch == epoch) KeepOn(head);
                else WriteStart(output, new StartPosition(head.FloorSeq, ResetReasons.Epoch), head, epoch);
                await FlushAsync(output);
                return true;
            }

            if (Interlocked.Exchange(ref _heartbeatDue, 0) == 1)
            {
                Blocks.WriteHeartbeat(output);
                await FlushAsync(output);
            }

            if (IsWaitingForStore()) await _signal.WaitAsync();
        }
    }

    /// <summary>Who polls comes back with the cursor of what he has.</summary>
    private void TakeAcknowledgement(MailboxHead head)
    {
        if (Request is { IsPoll: true, Types: null, After: { } after } && after.Seq > head.DeliveredSeq) _context.Delivered.Acknowledged(UserId, after.Seq);
    }

    private void WriteStart(PipeWriter output, StartPosition start, MailboxHead head, string epoch)
    {
        lock (_gate)
        {
            _known = _epoch.Length == 0 ? Math.Max(_known, head.LastSeq) : head.LastSeq;
            _epoch = epoch;
            _taken = _tail = _covered = _sent = start.Seq;
            _queue = null;
            _queuedBytes = 0;
            _live = false;
            _changes?.RemoveAll(change => change.Generation != head.Generation || change.StateVersion <= head.StateVersion);
            _newestChange = Math.Max(head.StateVersion, _changes is { Count: > 0 } ? _changes[^1].StateVersion : 0);
            _saidCaughtUp = false;
            _head = head;
            _stateVersion = head.StateVersion;
        }

        Volatile.Write(ref _written, start.Seq);
        Blocks.WriteCursor(output, CursorAt(start.Seq));
        if (start.ResetReason is { } reason) SayReset(output, reason, start.Seq);
    }

    /// <summary>What made it look was of a history that is over, or has been begun here already. It passed over what was offered.</summary>
    private void KeepOn(MailboxHead head)
    {
        lock (_gate)
        {
            _known = Math.Max(_known, head.LastSeq);
            if (_live && _known > _tail) FallBehind();
        }
    }
}
