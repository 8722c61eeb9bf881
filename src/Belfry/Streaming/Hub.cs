using System.Collections.Concurrent;
using System.Threading.Channels;
using Belfry.Cluster;
using Belfry.Cluster.Wakes;
using Belfry.Mailboxes;
using Belfry.Mailboxes.Lanes;
using Belfry.Mailboxes.Marks;

namespace Belfry.Streaming;

/// <summary>
/// Which users have streams open here, and the way of a stored batch to them. A notification is serialized once for all of
/// its user's connections, and not at all for a user who has none.
/// </summary>
internal sealed class Hub : BackgroundService, IStoredBatchListener, IInboxListener
{
    // By their users' hashes, as wake-ups name them. Two users may share one: whatever is for a user looks at his name too.
    private readonly ConcurrentDictionary<ulong, Subscription[]> _users = new();

    // A lane waits when this is full: the batches are stored and acknowledged by then, only the next append comes later.
    private readonly Channel<StoredBatch> _batches = Channel.CreateBounded<StoredBatch>(new BoundedChannelOptions(16)
    {
        SingleReader = true,
        FullMode = BoundedChannelFullMode.Wait,
    });

    private readonly IMailboxStore _store;
    private readonly Presence _presence;
    private readonly Laggards _laggards;
    private readonly StreamMetrics _metrics;
    private readonly TimeProvider _time;
    private int _connections;
    private int _acknowledging;

    public Hub(IMailboxStore store, Presence presence, WakeCalls calls, Laggards laggards, StreamMetrics metrics, TimeProvider time)
    {
        _store = store;
        _presence = presence;
        _laggards = laggards;
        _metrics = metrics;
        _time = time;
        metrics.Watch(() => Connections);
        presence.Watch(Holds, () => All().Select(stream => stream.UserId).Distinct(StringComparer.Ordinal), () => Connections);
        calls.Watch(WakeUsers, WakeEveryone);
        calls.WatchStates(Changed);
        store.EpochChanged += () => EndAll(EndReason.Epoch);
    }

    /// <summary>A change of this user's inbox is known of, but not what it was. Must not block.</summary>
    public event Action<string>? ChangeMissed;

    public int Connections => Volatile.Read(ref _connections);

    /// <summary>Every open stream; a picture of now.</summary>
    public IEnumerable<Subscription> All() => _users.Values.SelectMany(streams => streams);

    /// <summary>The open streams of one user; a picture of now.</summary>
    public IReadOnlyList<Subscription> Of(string userId) => Array.FindAll(At(UserHash.Of(userId)), s => s.UserId == userId);

    public bool Holds(string userId) => Array.Exists(At(UserHash.Of(userId)), s => s.UserId == userId);

    /// <summary>Whether the user has a stream here whose client says itself what has arrived.</summary>
    public bool Acknowledges(string userId) =>
        Volatile.Read(ref _acknowledging) > 0 && Array.Exists(At(UserHash.Of(userId)), s => s.UserId == userId && s.Request.Acknowledges);

    /// <summary>Each user of this hash with live streams here, and how far the one is that is furthest back.</summary>
    public IEnumerable<MailboxPlace> FindLive(ulong hash) =>
        from stream in At(hash)
        let tail = stream.LiveTail
        where tail is not null
        group tail.Value by stream.UserId into user
        select new MailboxPlace(user.Key, user.Min());

    public void Add(Subscription subscription)
    {
        var streams = _users.AddOrUpdate(
            UserHash.Of(subscription.UserId),
            static (_, added) => [added],
            static (_, streams, added) => [.. streams, added],
            subscription);
        Interlocked.Increment(ref _connections);
        if (subscription.Request.Acknowledges) Interlocked.Increment(ref _acknowledging);
        _metrics.Opened();
        if (streams.Count(s => s.UserId == subscription.UserId) == 1) _presence.Changed(subscription.UserId);
    }

    public void Remove(Subscription subscription)
    {
        var hash = UserHash.Of(subscription.UserId);
        while (_users.TryGetValue(hash, out var streams))
        {
            var rest = Array.FindAll(streams, s => s != subscription);
            if (rest.Length == streams.Length) return;
            var removed = rest.Length == 0
                ? _users.TryRemove(KeyValuePair.Create(hash, streams))
                : _users.TryUpdate(hash, rest, streams);
            if (!removed) continue;

            Interlocked.Decrement(ref _connections);
            if (subscription.Request.Acknowledges) Interlocked.Decrement(ref _acknowledging);
            if (!Array.Exists(rest, s => s.UserId == subscription.UserId)) _presence.Changed(subscription.UserId);
            return;
        }
    }

    public void EndAll(EndReason reason)
    {
        foreach (var subscription in All()) subscription.End(reason);
    }

    public async ValueTask StoredAsync(StoredBatch batch, CancellationToken ct)
    {
        try
        {
            await _batches.Writer.WriteAsync(batch, ct);
        }
        catch (ChannelClosedException)
        {
            // The host stops, and this service ended before the lanes did. Nobody is connected; the batch is in the mailboxes.
        }
    }

    /// <summary>Offers a batch to the streams of its users.</summary>
    internal void Deliver(StoredBatch batch)
    {
        foreach (var item in batch.Items) Offer(item.Content!, item.Answer.Seq, item.Answer.ReceivedAt, item.Answer.Generation, item.Answer.Hidden);
        foreach (var userId in batch.Wakes) WakeUser(UserHash.Of(userId), long.MaxValue);
    }

    /// <summary>Offers a notification to the streams of its user. A stream that lacks what comes before it has it read.</summary>
    /// <param name="hidden">It is to be passed over.</param>
    internal void Offer(NewNotification content, long seq, DateTime receivedAt, int generation, bool hidden = false)
    {
        var hash = UserHash.Of(content.UserId);
        Frame? frame = null;
        foreach (var stream in At(hash))
        {
            if (stream.UserId != content.UserId) continue;
            frame ??= FrameOf(content, seq, receivedAt, generation, hidden);
            if (!stream.Offer(frame)) _laggards.Add(hash, seq);
        }

        if (frame is null) return;

        _metrics.HandedOver(_time.GetUtcNow().UtcDateTime - content.EventTimestamp);
        // It may have taken the place of another, or none.
        if (hidden || content.CollapseKey is not null) ChangeMissed?.Invoke(content.UserId);
    }

    private Frame FrameOf(NewNotification content, long seq, DateTime receivedAt, int generation, bool hidden)
    {
        var epoch = MailboxEpoch.Of(_store.Epoch, generation);
        return hidden || content.ExpiresAt <= _time.GetUtcNow().UtcDateTime ? Frame.Hidden(content, seq, epoch) : Frame.Of(content, seq, receivedAt, epoch);
    }

    /// <summary>Offers a change of an inbox to the streams of its user, wherever it was made.</summary>
    public void Changed(InboxChange change)
    {
        foreach (var stream in At(UserHash.Of(change.UserId)))
        {
            if (stream.UserId != change.UserId) continue;
            if (change.Kind == InboxChangeKind.Unknown) ChangeMissed?.Invoke(change.UserId);
            else if (change.Kind == InboxChangeKind.Erased) stream.StartAnew();
            else stream.Offer(change);
        }
    }

    /// <summary>A user's live streams look into the log for themselves.</summary>
    internal void Wake(ulong hash, string userId)
    {
        foreach (var stream in At(hash))
        {
            if (stream.UserId == userId) stream.Wake();
        }
    }

    public override Task StopAsync(CancellationToken cancellationToken)
    {
        _batches.Writer.TryComplete();
        return base.StopAsync(cancellationToken);
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        try
        {
            await foreach (var batch in _batches.Reader.ReadAllAsync(stoppingToken)) Deliver(batch);
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // What is left is in the mailboxes; nobody is connected any more.
        }
    }

    private int WakeUsers(IReadOnlyCollection<KeyValuePair<ulong, long>> users)
    {
        var lagging = 0;
        foreach (var (hash, seq) in users)
        {
            if (WakeUser(hash, seq)) lagging++;
        }

        return lagging;
    }

    /// <summary>False: he has no live stream here that lacks it.</summary>
    private bool WakeUser(ulong hash, long seq)
    {
        var lacks = false;
        foreach (var stream in At(hash)) lacks |= stream.Lacks(seq);
        if (lacks) _laggards.Add(hash, seq);
        return lacks;
    }

    private void WakeEveryone()
    {
        foreach (var stream in All()) stream.Wake();
    }

    private Subscription[] At(ulong hash) => _users.GetValueOrDefault(hash) ?? [];
}
