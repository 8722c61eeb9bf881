using System.Collections.Concurrent;
using System.Threading.Channels;
using Belfry.Mailboxes;
using Belfry.Mailboxes.Lanes;

namespace Belfry.Streaming;

/// <summary>
/// Which users have streams open here, and the way of a stored batch to them. A notification is serialized once for all of
/// its user's connections, and not at all for a user who has none.
/// </summary>
internal sealed class Hub : BackgroundService, IStoredBatchListener
{
    private readonly ConcurrentDictionary<string, Subscription[]> _users = new(StringComparer.Ordinal);

    // A lane waits when this is full: the batches are stored and acknowledged by then, only the next append comes later.
    private readonly Channel<StoredBatch> _batches = Channel.CreateBounded<StoredBatch>(new BoundedChannelOptions(16)
    {
        SingleReader = true,
        FullMode = BoundedChannelFullMode.Wait,
    });

    private readonly IMailboxStore _store;
    private readonly StreamMetrics _metrics;
    private readonly TimeProvider _time;
    private int _connections;

    public Hub(IMailboxStore store, StreamMetrics metrics, TimeProvider time)
    {
        _store = store;
        _metrics = metrics;
        _time = time;
        metrics.Watch(() => Connections);
        store.EpochChanged += () => EndAll(EndReason.Epoch);
    }

    public int Connections => Volatile.Read(ref _connections);

    /// <summary>Every open stream; a picture of now.</summary>
    public IEnumerable<Subscription> All() => _users.Values.SelectMany(streams => streams);

    /// <summary>The open streams of one user; a picture of now.</summary>
    public IReadOnlyList<Subscription> Of(string userId) => _users.GetValueOrDefault(userId) ?? [];

    public void Add(Subscription subscription)
    {
        _users.AddOrUpdate(
            subscription.UserId,
            static (_, added) => [added],
            static (_, streams, added) => [.. streams, added],
            subscription);
        Interlocked.Increment(ref _connections);
        _metrics.Opened();
    }

    public void Remove(Subscription subscription)
    {
        while (_users.TryGetValue(subscription.UserId, out var streams))
        {
            var rest = Array.FindAll(streams, s => s != subscription);
            if (rest.Length == streams.Length) return;
            var removed = rest.Length == 0
                ? _users.TryRemove(KeyValuePair.Create(subscription.UserId, streams))
                : _users.TryUpdate(subscription.UserId, rest, streams);
            if (!removed) continue;

            Interlocked.Decrement(ref _connections);
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
        var now = _time.GetUtcNow().UtcDateTime;
        foreach (var item in batch.Items)
        {
            var content = item.Content!;
            if (!_users.TryGetValue(content.UserId, out var streams)) continue;

            var answer = item.Answer;
            var frame = Frame.Of(content, answer.Seq, answer.ReceivedAt, MailboxEpoch.Of(_store.Epoch, answer.Generation));
            foreach (var stream in streams) stream.Offer(frame);
            _metrics.HandedOver(now - content.EventTimestamp);
        }

        foreach (var userId in batch.Wakes)
        {
            if (!_users.TryGetValue(userId, out var streams)) continue;
            foreach (var stream in streams) stream.Wake();
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
}
