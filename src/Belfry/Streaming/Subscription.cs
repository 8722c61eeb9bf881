using Belfry.Contracts;
using Belfry.Mailboxes;
using Belfry.Mailboxes.Marks;

namespace Belfry.Streaming;

/// <summary>
/// One open stream of one user. Its one rule: it covers seq n only after n-1; covering is sending it, or deciding to skip it.
/// <code>
///            offered and next, and it fits                 offered, but no room; or asked to look
///   live ───────────────────────────────> queue      live ─────────────────────────────> behind
///   behind ──(pages of the log, at the client's own pace, until nothing newer is known)──> live
/// </code>
/// Connecting, resuming, a slow client and a lost wake-up are all the state "behind".
/// </summary>
internal sealed partial class Subscription
{
    private readonly StreamContext _context;
    private readonly TypeFilter? _types;
    private readonly AsyncSignal _signal = new();
    private readonly Lock _gate = new();

    // Under _gate: written by the hub's thread and by the pump.
    private List<Frame>? _queue;
    private int _queuedBytes;
    private bool _live;
    private long _known; // the newest seq that is known to exist
    private long _tail;  // everything up to here is sent, queued or skipped
    private EndReason _ending;
    private bool _startsAnew;
    private List<InboxChange>? _changes; // in the order of their versions; what comes from _newestChange on is new
    private long _newestChange;

    // Written by the pump, read by the sweep.
    private long _lastWrite;
    private long _flushStarted; // 0: no flush is under way
    private long _written;      // everything up to here has been flushed
    private long _retryAt;      // 0: nothing is waiting for the store
    private int _heartbeatDue;
    private int _reported;      // 1: queued for the delivered tracker

    // The pump's alone.
    private string _epoch = "";
    private long _taken;   // everything up to here has left the queue
    private long _covered; // everything up to here is in the pipe, or skipped
    private long _sent;    // the last seq or bare id that the client had
    private bool _saidCaughtUp;
    private MailboxHead _head;    // as it was read last
    private long _stateVersion;   // what the client has been told

    /// <param name="abort">Cuts the connection off, from any thread.</param>
    public Subscription(string userId, StreamRequest request, StreamContext context, Action abort)
    {
        UserId = userId;
        Abort = abort;
        Request = request;
        _context = context;
        _types = request.Types;
        _lastWrite = context.Time.GetTimestamp();
    }

    public string UserId { get; }

    public StreamRequest Request { get; }

    public Action Abort { get; }

    /// <summary>Everything up to this seq has been written to the connection.</summary>
    public long Written => Volatile.Read(ref _written);

    /// <summary>Whether it is written from memory; else it reads the log.</summary>
    public bool IsLive
    {
        get
        {
            lock (_gate) return _live;
        }
    }

    public bool HasEnded => Ending != EndReason.None;

    /// <summary>Why it ends, once it does.</summary>
    public EndReason Ending
    {
        get
        {
            lock (_gate) return _ending;
        }
    }

    /// <summary>Everything up to this seq is sent, queued or skipped; null while it reads the log itself.</summary>
    public long? LiveTail
    {
        get
        {
            lock (_gate) return _live ? _tail : null;
        }
    }

    /// <summary>
    /// The hub's offer of what has been stored. Never waits: what does not fit is read from the log later. False: something before
    /// it has not come yet, and is to be read for all who lack it.
    /// </summary>
    public bool Offer(Frame frame)
    {
        lock (_gate)
        {
            if (_epoch.Length > 0 && frame.Epoch != _epoch)
            {
                _startsAnew = true;
                _signal.Set();
                return true;
            }

            _known = Math.Max(_known, frame.Seq);
            if (!_live || frame.Seq <= _tail) return true;
            if (frame.Seq != _tail + 1) return false;

            if (_queuedBytes > 0 && _queuedBytes + frame.Bytes.Length > _context.Options.QueueBytes)
            {
                FallBehind();
            }
            else
            {
                _tail = frame.Seq;
                // A skipped one wakes nobody: the next heartbeat moves the client's cursor over it.
                if (frame.IsHidden || _types?.Wants(frame.EventType) == false) return true;
                (_queue ??= []).Add(frame);
                _queuedBytes += frame.Bytes.Length;
            }
        }

        _signal.Set();
        return true;
    }

    /// <summary>Something was stored elsewhere. True: it is live, and lacks it; one that reads the log itself comes to it.</summary>
    /// <param name="seq"><see cref="long.MaxValue"/>: not known.</param>
    public bool Lacks(long seq)
    {
        lock (_gate)
        {
            if (_live) return seq > _tail;
            // At least one more, until the log has been asked.
            _known = Math.Max(_known, seq == long.MaxValue ? _taken + 1 : seq);
        }

        _signal.Set();
        return false;
    }

    /// <summary>Something newer may stand in the log than what was offered.</summary>
    public void Wake()
    {
        lock (_gate)
        {
            // At least one, until the log has been asked.
            _known = Math.Max(_known, _tail + 1);
            if (_live) FallBehind();
        }

        _signal.Set();
    }

    /// <summary>The mailbox was erased: what follows is another history.</summary>
    public void StartAnew()
    {
        lock (_gate)
        {
            // What begins now begins in it.
            if (_epoch.Length == 0) return;
            _startsAnew = true;
        }

        _signal.Set();
    }

    /// <summary>Ends the stream; the pump says so to the client where it still can.</summary>
    public void End(EndReason reason)
    {
        lock (_gate)
        {
            if (_ending != EndReason.None) return;
            _ending = reason;
        }

        _signal.Set();
    }

    /// <summary>The sweep's look, about once a second. True: the client has taken nothing for too long and is to be cut off.</summary>
    public bool Sweep(long now)
    {
        var time = _context.Time;
        if (time.GetElapsedTime(Volatile.Read(ref _lastWrite), now) >= _context.Options.Heartbeat)
        {
            Volatile.Write(ref _heartbeatDue, 1);
            _signal.Set();
        }

        var retryAt = Volatile.Read(ref _retryAt);
        if (retryAt != 0 && now >= retryAt) _signal.Set();
        if (now >= Request.EndsAt) End(EndReason.Age);

        var flushing = Volatile.Read(ref _flushStarted);
        return flushing != 0 && time.GetElapsedTime(flushing, now) >= _context.Options.StallTimeout;
    }

    /// <summary>True once until <see cref="ClearReport"/>: the tracker has it on its list already.</summary>
    public bool TryReport() => Interlocked.Exchange(ref _reported, 1) == 0;

    public void ClearReport() => Volatile.Write(ref _reported, 0);

    private void FallBehind()
    {
        _live = false;
        _queue = null;
        _queuedBytes = 0;
        _tail = _taken;
        _context.Metrics.FellBehind();
    }

    private IBlockWriter Blocks => Request.Blocks;

    private Cursor CursorAt(long seq) => new(_epoch, seq);
}

/// <summary>Why a stream ends.</summary>
internal enum EndReason
{
    /// <summary>It does not.</summary>
    None,

    /// <summary>The client has closed the connection, or was cut off.</summary>
    Gone,

    /// <summary>One answer was asked for, and there is something to answer with.</summary>
    Answered,

    /// <summary>The connection's age limit, or its token's end.</summary>
    Age,

    /// <summary>The server is shutting down.</summary>
    Draining,

    /// <summary>The store has a new epoch: the client's cursor must be looked at again.</summary>
    Epoch,
}
