namespace Belfry.Cluster;

/// <summary>
/// Who there is beside this instance, as far as it knows, and what it has to do for all of them. Thread-safe. Without a database
/// that several can share it stays as it begins: alone.
/// </summary>
internal sealed class Members(InstanceIdentity identity, TimeProvider time)
{
    private readonly Lock _gate = new();
    private volatile IReadOnlyList<Member> _all = [];
    private volatile string[] _duties = [];
    private volatile bool _hasPeers;
    private bool _hasUnlisted;
    private long _dutiesUntil;
    private long _heardUntil;

    /// <summary>Another instance has come, or the last one has gone.</summary>
    public event Action? PeersChanged;

    /// <summary>
    /// Whether there are others whose users want to be told. One that has not been seen for some time counts for a while: it may
    /// only have been held up, and would store and stream again.
    /// </summary>
    public bool HasPeers => _hasPeers;

    /// <summary>Every instance, oldest first, as the last beat found them; empty before the first one.</summary>
    public IReadOnlyList<Member> All => _all;

    /// <summary>Whether this instance has a duty, for certain: its own clock ends the lease no later than the database's.</summary>
    public bool Owns(string duty) => time.GetTimestamp() < Volatile.Read(ref _dutiesUntil) && _duties.Contains(duty);

    /// <summary>A message of another instance has come: it counts at once, and for a time, whatever the table says.</summary>
    public void Heard(Guid instance, TimeSpan forHowLong)
    {
        if (instance == identity.Id) return;
        lock (_gate) _heardUntil = time.GetTimestamp() + Ticks(forHowLong);
        Update(_all, _hasUnlisted);
    }

    /// <summary>What a beat has found.</summary>
    /// <param name="asked">When it was sent: the lease counts from there.</param>
    public void Update(Beat beat, long asked, TimeSpan lease)
    {
        _duties = [.. beat.All.FirstOrDefault(m => m.Id == identity.Id)?.Duties ?? []];
        Volatile.Write(ref _dutiesUntil, asked + Ticks(lease));
        Update(beat.All, beat.HasUnlisted);
    }

    private void Update(IReadOnlyList<Member> all, bool hasUnlisted)
    {
        bool changed;
        lock (_gate)
        {
            _all = all;
            _hasUnlisted = hasUnlisted;
            var hasPeers = hasUnlisted || all.Any(m => m.Id != identity.Id) || time.GetTimestamp() < _heardUntil;
            changed = hasPeers != _hasPeers;
            _hasPeers = hasPeers;
        }

        if (changed) PeersChanged?.Invoke();
    }

    private long Ticks(TimeSpan span) => (long)(span.TotalSeconds * time.TimestampFrequency);
}
