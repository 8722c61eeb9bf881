using System.IO.Pipelines;
using Belfry.Contracts;
using Belfry.Mailboxes;

namespace Belfry.Streaming;

/// <summary>The loop that writes: one for each connection, and the only one that touches its pipe.</summary>
internal sealed partial class Subscription
{
    // Flushed this often while a page is written, so that a slow client holds one page and one chunk, never more.
    private const int FlushChunk = 32 * 1024;

    private int _failures;

    /// <summary>Writes until the stream ends. Throws only when the connection is broken.</summary>
    public async Task RunAsync(PipeWriter output)
    {
        Blocks.WriteHello(output, _context.NextRetry());
        await FlushAsync(output);
        if (!await StartAsync(output)) return;

        while (true)
        {
            var (step, frames) = NextStep();
            switch (step)
            {
                case Step.Write:
                    await WriteAsync(output, frames!);
                    break;
                case Step.Live:
                    SayCaughtUp(output);
                    await FlushAsync(output);
                    break;
                case Step.Tell:
                    await TellChangesAsync(output);
                    break;
                case Step.StartAnew:
                    if (!await StartAsync(output)) return;
                    break;
                case Step.Read:
                    await TryReadPageAsync(output);
                    break;
                case Step.Heartbeat:
                    WriteHeartbeat(output);
                    await FlushAsync(output);
                    break;
                case Step.Wait:
                    await _signal.WaitAsync();
                    break;
                default:
                    await SayByeAsync(output);
                    return;
            }
        }
    }

    private (Step Step, List<Frame>? Frames) NextStep()
    {
        lock (_gate)
        {
            if (_ending != EndReason.None)
            {
                // What was skipped and has not been covered by a heartbeat yet is covered by the bye.
                if (_live && _queue is null) _taken = _covered = _tail;
                return (Step.End, null);
            }

            if (_startsAnew) return (Step.StartAnew, null);
            if (HasChanges(_taken)) return (Step.Tell, null);
            if (_queue is { Count: > 0 } queue)
            {
                _queue = null;
                _queuedBytes = 0;
                _taken = _tail;
                return (Step.Write, queue);
            }

            if (_live) _taken = _covered = _tail;
            if (HasChanges(_taken)) return (Step.Tell, null);
            if (!_live && _known <= _taken)
            {
                _live = true;
                _tail = _taken;
                if (!_saidCaughtUp) return (Step.Live, null);
            }

            if (!_live && !IsWaitingForStore()) return (Step.Read, null);
            return Interlocked.Exchange(ref _heartbeatDue, 0) == 1 ? (Step.Heartbeat, null) : (Step.Wait, null);
        }
    }

    private async Task<MailboxHead?> TryReadHeadAsync() =>
        await TryAskStoreAsync<MailboxHead?>(async store => await store.ReadHeadAsync(UserId, CancellationToken.None));

    private async Task TryReadPageAsync(PipeWriter output)
    {
        var options = _context.Options;
        var page = await TryAskStoreAsync(store =>
            store.ReadAfterAsync(UserId, _taken, options.PageRows, options.PageBytes, CancellationToken.None));
        if (page is null) return;

        _context.Metrics.PageRead(page.Count);
        if ((page.Count == 0 || page[0].Seq != _taken + 1) && !await TryCloseGapAsync(output)) return;
        if (page.Count == 0) return;

        var chunk = 0;
        foreach (var row in page)
        {
            if (!row.Hidden) chunk += Write(output, Frame.Of(row.Content, row.Seq, row.ReceivedAt, _epoch));
            _taken = _covered = row.Seq;
            if (chunk < FlushChunk) continue;
            await FlushAsync(output);
            if (HasEnded) return;
            chunk = 0;
        }

        lock (_gate) _tail = _taken;
        await FlushAsync(output);
    }

    /// <summary>
    /// What should be next is not in the log. Below the floor it went with the retention time, and the client is told; above
    /// the last seq it never was, and nothing is waited for; else it was deleted, and is skipped.
    /// </summary>
    private async Task<bool> TryCloseGapAsync(PipeWriter output)
    {
        if (await TryReadHeadAsync() is not { } head) return false;

        if (MailboxEpoch.Of(_context.Store.Epoch, head.Generation) != _epoch)
        {
            StartAnew();
            return false;
        }

        if (head.FloorSeq > _taken)
        {
            _taken = _covered = head.FloorSeq;
            SayReset(output, ResetReasons.Retention, _taken);
        }

        if (!_saidCaughtUp) TakeState(head);

        lock (_gate)
        {
            _tail = _taken;
            _known = Math.Min(_known, Math.Max(head.LastSeq, _taken));
        }

        return true;
    }

    /// <summary>Null when the store is away: the connection stays, and the sweep wakes us to try again.</summary>
    private async Task<T?> TryAskStoreAsync<T>(Func<IMailboxStore, Task<T>> question)
    {
        await _context.Reads.WaitAsync();
        try
        {
            if (_context.Store.Epoch.Length > 0)
            {
                var answer = await question(_context.Store);
                _failures = 0;
                Volatile.Write(ref _retryAt, 0);
                return answer;
            }
        }
        catch (StoreUnavailableException)
        {
            // The store's monitor reports it, once for all.
        }
        finally
        {
            _context.Reads.Release();
        }

        var delay = TimeSpan.FromSeconds(Math.Min(5, ++_failures) * (0.5 + (Random.Shared.NextDouble() / 2)));
        var now = _context.Time.GetTimestamp();
        Volatile.Write(ref _retryAt, now + (long)(delay.TotalSeconds * _context.Time.TimestampFrequency));
        return default;
    }

    private bool IsWaitingForStore() => _retryAt != 0 && _context.Time.GetTimestamp() < _retryAt;

    private async Task WriteAsync(PipeWriter output, List<Frame> frames)
    {
        var chunk = 0;
        foreach (var frame in frames)
        {
            chunk += Write(output, frame);
            _covered = frame.Seq;
            if (chunk < FlushChunk) continue;
            await FlushAsync(output);
            chunk = 0;
        }

        _covered = _taken;
        await FlushAsync(output);
    }

    private int Write(PipeWriter output, Frame frame)
    {
        if (_types?.Wants(frame.EventType) == false) return 0;

        Blocks.WriteFrame(output, frame, prev: _sent);
        _sent = frame.Seq;
        return frame.Bytes.Length;
    }

    private void WriteHeartbeat(PipeWriter output)
    {
        if (_covered > _sent) MoveCursor(output, _covered);
        else Blocks.WriteHeartbeat(output);
    }

    private void MoveCursor(PipeWriter output, long seq)
    {
        Blocks.WriteCursor(output, CursorAt(seq));
        _sent = seq;
    }

    private void SayCaughtUp(PipeWriter output)
    {
        _saidCaughtUp = true;
        MoveCursor(output, _covered);
        var message = new CaughtUp(CursorAt(_covered).ToString(), _stateVersion, CountsAt(_covered, _head.Counts, _head.LastSeq));
        Blocks.WriteEvent(output, StreamEvents.CaughtUp, CursorAt(_covered), message, ContractsJson.Default.CaughtUp);
    }

    private void SayReset(PipeWriter output, string reason, long seq)
    {
        MoveCursor(output, seq);
        var message = new Reset(reason, CursorAt(seq).ToString());
        Blocks.WriteEvent(output, StreamEvents.Reset, CursorAt(seq), message, ContractsJson.Default.Reset);
        _context.Metrics.WasReset(reason);
    }

    private async Task SayByeAsync(PipeWriter output)
    {
        if (_ending == EndReason.Gone) return;

        var retry = _context.NextRetry();
        if (_epoch.Length > 0 && _ending != EndReason.Epoch && _covered > _sent) MoveCursor(output, _covered);
        Blocks.WriteRetry(output, retry);
        Blocks.WriteEvent(output, StreamEvents.Bye, cursor: null, new Bye((long)retry.TotalMilliseconds), ContractsJson.Default.Bye);
        await FlushAsync(output);
    }

    private async Task FlushAsync(PipeWriter output)
    {
        Volatile.Write(ref _flushStarted, _context.Time.GetTimestamp());
        var result = await output.FlushAsync();
        Volatile.Write(ref _flushStarted, 0);
        Volatile.Write(ref _lastWrite, _context.Time.GetTimestamp());
        if (result.IsCompleted) End(EndReason.Gone);

        if (_covered <= _written) return;
        _context.Metrics.Covered(_covered - _written);
        Volatile.Write(ref _written, _covered);
        _context.Delivered.Wrote(this);
    }

    private enum Step
    {
        Wait,
        Write,
        Tell,
        StartAnew,
        Live,
        Read,
        Heartbeat,
        End,
    }
}
