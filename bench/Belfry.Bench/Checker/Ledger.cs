namespace Belfry.Bench.Checker;

/// <summary>
/// What was published for each user, and of that what was acknowledged. One thread publishes for a user and one takes the
/// answers for him; the totals may be read by any.
/// </summary>
internal sealed class Ledger
{
    private readonly int[] _published;
    private readonly int[] _streams;
    private readonly BitSet[] _acknowledged;
    private long _publishedTotal;
    private long _acknowledgedTotal;
    private long _deliveriesDue;
    private long _refusedTotal;

    /// <param name="users">How many users there are.</param>
    /// <param name="streams">How many streams there are, one for each user in turn.</param>
    public Ledger(int users, int streams)
    {
        _published = new int[users];
        _streams = [.. Enumerable.Range(0, users).Select(user => streams / users + (user < streams % users ? 1 : 0))];
        _acknowledged = [.. Enumerable.Range(0, users).Select(_ => new BitSet())];
    }

    /// <summary>Given to the way in.</summary>
    public long Published => Volatile.Read(ref _publishedTotal);

    /// <summary>Told by the way in to be durable.</summary>
    public long Acknowledged => Volatile.Read(ref _acknowledgedTotal);

    /// <summary>How many notifications the streams must have received in all, for what was acknowledged.</summary>
    public long DeliveriesDue => Volatile.Read(ref _deliveriesDue);

    /// <summary>Refused by the way in, or given up.</summary>
    public long Refused => Volatile.Read(ref _refusedTotal);

    /// <summary>The answers that are still to come.</summary>
    public long Outstanding => Published - Acknowledged - Refused;

    /// <summary>The number of the user's next event, from 1.</summary>
    public int Publish(int user)
    {
        Interlocked.Increment(ref _publishedTotal);
        return ++_published[user];
    }

    public void Acknowledge(int user, int number)
    {
        if (!_acknowledged[user].Add(number)) return;
        Interlocked.Increment(ref _acknowledgedTotal);
        Interlocked.Add(ref _deliveriesDue, _streams[user]);
    }

    public void Refuse() => Interlocked.Increment(ref _refusedTotal);

    /// <summary>Not to be read while answers may still come.</summary>
    public BitSet AcknowledgedOf(int user) => _acknowledged[user];
}
