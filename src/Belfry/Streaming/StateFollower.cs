using Belfry.Cluster;
using Belfry.Mailboxes;
using Belfry.Mailboxes.Marks;

namespace Belfry.Streaming;

/// <summary>
/// Finds changes of inboxes that other instances have made and that did not come as a message: looks in turn after the users who
/// have streams here, so many in a second, and at once after those of whom something is known to be missed. Only while there are
/// others.
/// </summary>
internal sealed partial class StateFollower : BackgroundService
{
    /// <summary>A look at so many takes some milliseconds, whatever stands in their mailboxes.</summary>
    private const int UsersAtOnce = 1000;

    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(1);

    private readonly Hub _hub;
    private readonly IInboxStore _store;
    private readonly Members _members;
    private readonly TimeProvider _time;
    private readonly ILogger<StateFollower> _log;
    private readonly Lock _gate = new();

    // One sign for all that came since the last look.
    private readonly SemaphoreSlim _signal = new(0, 1);

    // Under the gate. Bounded by the users who have streams.
    private HashSet<string> _missed = [];

    private IEnumerator<Subscription>? _walk;
    private bool _failing;

    public StateFollower(Hub hub, IInboxStore store, Members members, TimeProvider time, ILogger<StateFollower> log)
    {
        _hub = hub;
        _store = store;
        _members = members;
        _time = time;
        _log = log;
        hub.ChangeMissed += OnMissed;
    }

    /// <summary>One look at those who are next; how many changes it has found.</summary>
    internal async Task<int> LookAsync(bool walk, CancellationToken ct)
    {
        HashSet<string> users;
        lock (_gate) (users, _missed) = (_missed, []);
        if (walk) Walk(users);

        var known = new List<StateKnown>(users.Count);
        foreach (var user in users)
        {
            // The one who knows least: the others pass over what they know.
            var states = _hub.Of(user).Select(stream => stream.StateKnown).OfType<(int Generation, long StateVersion)>().ToList();
            if (states.Count > 0) known.Add(new StateKnown(user, states.Min(s => s.Generation), states.Min(s => s.StateVersion)));
        }

        if (known.Count == 0) return 0;

        try
        {
            var changes = await _store.ReadMissedAsync(known, ct);
            foreach (var change in changes) _hub.Changed(change);
            _failing = false;
            return changes.Count;
        }
        catch (StoreUnavailableException e)
        {
            if (!_failing) Log.NotRead(_log, e.Message);
            _failing = true;
            return 0;
        }
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        var walked = _time.GetTimestamp();
        try
        {
            while (true)
            {
                await _signal.WaitAsync(Interval, stoppingToken);
                var isTime = _time.GetElapsedTime(walked) >= Interval;
                if (isTime) walked = _time.GetTimestamp();
                await LookAsync(walk: isTime && _members.HasPeers, stoppingToken);
            }
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // The host stops.
        }
    }

    public override void Dispose()
    {
        base.Dispose();
        _signal.Dispose();
        _walk?.Dispose();
    }

    /// <summary>The next ones in the round, up to its end.</summary>
    private void Walk(HashSet<string> users)
    {
        _walk ??= _hub.All().GetEnumerator();
        while (users.Count < UsersAtOnce)
        {
            if (_walk.MoveNext())
            {
                users.Add(_walk.Current.UserId);
                continue;
            }

            _walk.Dispose();
            _walk = null;
            return;
        }
    }

    private void OnMissed(string userId)
    {
        lock (_gate)
        {
            _missed.Add(userId);
            if (_signal.CurrentCount == 0) _signal.Release();
        }
    }

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Warning, "What users have done on other instances could not be looked for, and is looked for again: {Reason}")]
        public static partial void NotRead(ILogger logger, string reason);
    }
}
