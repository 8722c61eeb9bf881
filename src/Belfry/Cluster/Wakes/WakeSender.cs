using Belfry.Mailboxes.Lanes;
using Belfry.Mailboxes.Marks;
using Microsoft.Extensions.Options;

namespace Belfry.Cluster.Wakes;

/// <summary>
/// Tells the other instances of what was stored here: after the commit, one message in flight, and what comes meanwhile goes
/// into the next one. A message that is lost is not sent again: their sweeps find what it was about.
/// </summary>
internal sealed partial class WakeSender(
    IWakeBus bus, Members members, InstanceIdentity identity, ClusterMetrics metrics, IOptions<ClusterOptions> options, TimeProvider time, ILogger<WakeSender> log)
    : BackgroundService, IStoredBatchListener, IInboxListener
{
    /// <summary>Users that wait to be named; with more, the others are told to look for themselves.</summary>
    private const int MaxWaiting = 50_000;

    /// <summary>Changes of inboxes that wait to be told; more are left to the others' looks.</summary>
    private const int MaxChanges = 1_000;

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    private readonly Lock _gate = new();

    // One sign for all that came since the last message.
    private readonly SemaphoreSlim _signal = new(0, 1);

    // Under _gate.
    private Dictionary<ulong, long> _waiting = [];
    private List<string> _changes = [];
    private bool _tooMany;
    private bool _greet;

    private bool _failing;

    public ValueTask StoredAsync(StoredBatch batch, CancellationToken ct)
    {
        // Alone there is nobody to tell, and who comes later reads the log.
        if (members.HasPeers && (batch.Items.Count > 0 || batch.Wakes.Count > 0)) Add(batch);
        return ValueTask.CompletedTask;
    }

    /// <summary>A message of its own for each: it names its user, so that it reaches nobody else.</summary>
    public void Changed(InboxChange change)
    {
        if (!members.HasPeers) return;
        var message = WakeMessage.OfState(identity.Id, InboxChangeBytes.Of(change))
            // Without the seqs it says that there is something to be read.
            ?? WakeMessage.OfState(identity.Id, InboxChangeBytes.Of(change with { Kind = InboxChangeKind.Unknown, Seqs = null }));
        lock (_gate)
        {
            if (message is null || _changes.Count >= MaxChanges) return;
            _changes.Add(message);
            Signal();
        }
    }

    /// <summary>Tells the others that this instance is there.</summary>
    public void Greet()
    {
        lock (_gate)
        {
            _greet = true;
            Signal();
        }
    }

    /// <summary>Sends what waits. One caller at a time.</summary>
    internal async Task SendAsync(CancellationToken ct)
    {
        Dictionary<ulong, long> waiting;
        List<string> messages;
        lock (_gate)
        {
            waiting = _waiting;
            messages = [.. WakeMessage.Of(identity.Id, waiting), .. _changes];
            if (_tooMany) messages.Add(WakeMessage.Of(identity.Id, WakeKind.Look));
            if (_greet) messages.Add(WakeMessage.Of(identity.Id, WakeKind.Hello));
            (_waiting, _changes, _tooMany, _greet) = (new Dictionary<ulong, long>(waiting.Count), [], false, false);
        }

        if (messages.Count == 0) return;

        using var limit = CancellationTokenSource.CreateLinkedTokenSource(ct);
        limit.CancelAfter(Patience);
        try
        {
            await bus.SendAsync(messages, limit.Token);
            metrics.Sent(messages.Count, waiting.Count);
            _failing = false;
        }
        catch (Exception e) when (e is WakeBusException || (e is OperationCanceledException && !ct.IsCancellationRequested))
        {
            metrics.Failed();
            if (!_failing) Log.NotSent(log, bus.Name, e.Message);
            _failing = true;
        }
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        var pause = options.Value.WakeInterval;
        var last = 0L;
        try
        {
            while (true)
            {
                await _signal.WaitAsync(stoppingToken);
                var left = last == 0 ? TimeSpan.Zero : pause - time.GetElapsedTime(last);
                if (left > TimeSpan.Zero) await Task.Delay(left, time, stoppingToken);
                last = time.GetTimestamp();
                await SendAsync(stoppingToken);
            }
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // The others' sweeps find what was not told.
        }
    }

    public override void Dispose()
    {
        base.Dispose();
        _signal.Dispose();
    }

    private void Add(StoredBatch batch)
    {
        lock (_gate)
        {
            foreach (var item in batch.Items)
            {
                var hash = UserHash.Of(item.Content!.UserId);
                if (item.Answer.Seq > _waiting.GetValueOrDefault(hash)) _waiting[hash] = item.Answer.Seq;
            }

            // What was stored for them is not known here.
            foreach (var user in batch.Wakes) _waiting[UserHash.Of(user)] = long.MaxValue;

            if (_waiting.Count > MaxWaiting)
            {
                _waiting.Clear();
                _tooMany = true;
            }

            Signal();
        }
    }

    private void Signal()
    {
        if (_signal.CurrentCount == 0) _signal.Release();
    }

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Warning, "Wake-ups for other instances could not be sent over {Bus}; their streams follow by their sweeps until they can: {Reason}")]
        public static partial void NotSent(ILogger logger, string bus, string reason);
    }
}
