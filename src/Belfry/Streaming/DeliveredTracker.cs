using System.Collections.Concurrent;
using Belfry.Mailboxes;

namespace Belfry.Streaming;

/// <summary>
/// Moves the users' delivered seqs: what was written counts once its connection has outlived the write for some time, and what a
/// client acknowledges counts at once. Each second is a bucket of (stream, seq) on a wheel; when the wheel has turned, those whose connection is still there are stored.
/// </summary>
internal sealed partial class DeliveredTracker
{
    private const int Chunk = 1000;

    private readonly IMailboxStore _store;
    private readonly ILogger<DeliveredTracker> _log;

    // Bounded by the open streams: each is at most once in it.
    private readonly ConcurrentQueue<Subscription> _wrote = new();

    // Bounded by the open streams times the wheel's seconds, and only for those that are written to each second.
    private readonly Queue<(long Due, List<(Subscription Stream, long Seq)> Writes)> _wheel = new();

    // Bounded by the users that had a stream here since the store last answered; one entry each.
    private readonly Dictionary<string, long> _due = new(StringComparer.Ordinal);

    // Of clients that say themselves what has arrived. Bounded by the polls of one turn.
    private readonly ConcurrentQueue<Delivered> _acknowledged = new();

    private bool _failing;

    public DeliveredTracker(IMailboxStore store, ILogger<DeliveredTracker> log)
    {
        _store = store;
        _log = log;
    }

    /// <summary>A stream's flush has completed. Any thread.</summary>
    public void Wrote(Subscription stream)
    {
        if (stream.Request.CountsAsDelivery && stream.TryReport()) _wrote.Enqueue(stream);
    }

    /// <summary>A client has everything up to this seq of its mailbox; stored with the next turn. Any thread.</summary>
    public void Acknowledged(string userId, long seq) => _acknowledged.Enqueue(new Delivered(userId, seq));

    /// <summary>The same, stored when this returns.</summary>
    public Task AcknowledgeAsync(string userId, long seq, CancellationToken ct) => _store.MoveDeliveredAsync([new Delivered(userId, seq)], ct);

    /// <summary>Turns the wheel; called about once a second by one caller.</summary>
    /// <param name="now">A timestamp of the <see cref="TimeProvider"/>.</param>
    /// <param name="due">The timestamp at which what has been written up to now counts as delivered.</param>
    /// <param name="acknowledges">Whether a user has a client that says itself what has arrived: then only that counts.</param>
    public async Task TurnAsync(long now, long due, Func<string, bool> acknowledges, CancellationToken ct)
    {
        Collect(due);
        while (_acknowledged.TryDequeue(out var acknowledged)) Raise(acknowledged);
        while (_wheel.TryPeek(out var oldest) && oldest.Due <= now)
        {
            foreach (var (stream, seq) in _wheel.Dequeue().Writes)
            {
                // A mailbox that was erased meanwhile has begun anew, and its stream with it.
                if (!stream.HasEnded && seq <= stream.Written && !acknowledges(stream.UserId)) Raise(new Delivered(stream.UserId, seq));
            }
        }

        await FlushAsync(ct);
    }

    private void Raise(Delivered delivered)
    {
        if (delivered.Seq > _due.GetValueOrDefault(delivered.UserId)) _due[delivered.UserId] = delivered.Seq;
    }

    private void Collect(long due)
    {
        if (_wrote.IsEmpty) return;
        var writes = new List<(Subscription, long)>();
        while (_wrote.TryDequeue(out var stream))
        {
            // Cleared before the seq is read: a write in between reports the stream once more, and none is missed.
            stream.ClearReport();
            writes.Add((stream, stream.Written));
        }

        _wheel.Enqueue((due, writes));
    }

    private async Task FlushAsync(CancellationToken ct)
    {
        try
        {
            foreach (var chunk in _due.Select(d => new Delivered(d.Key, d.Value)).Chunk(Chunk))
            {
                await _store.MoveDeliveredAsync(chunk, ct);
                foreach (var moved in chunk) _due.Remove(moved.UserId);
            }

            _failing = false;
        }
        catch (StoreUnavailableException e)
        {
            if (!_failing) Log.NotMoved(_log, _due.Count, e.Message);
            _failing = true;
        }
    }

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Warning, "The delivered seqs of {Users} users could not be stored yet: {Reason}")]
        public static partial void NotMoved(ILogger logger, int users, string reason);
    }
}
