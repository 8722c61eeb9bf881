namespace Belfry.Bench.Producers;

/// <summary>When the events of one producer are to be sent. Not for several threads.</summary>
internal abstract class Pace
{
    /// <summary>How many there are in all.</summary>
    public abstract long Total { get; }

    /// <summary>How many of them may have been sent at a time, when so many have been.</summary>
    public abstract long Due(long now, long sent);

    /// <summary>When the event with this index, from 0, was to be sent.</summary>
    public abstract long IntendedAt(long index, long now);

    /// <summary>When to look again, so many having been sent and none being due.</summary>
    public virtual long NextDue(long sent, long now) => now;
}

/// <summary>
/// A fixed rate from a start on, whatever the system does: an event that is sent late keeps the time at which it was to be
/// sent, so that a stall shows in the latency of all that it held up (no coordinated omission).
/// </summary>
internal sealed class OpenLoop(long startMicros, double perSecond, TimeSpan duration) : Pace
{
    private readonly double _microsBetween = 1_000_000 / perSecond;

    public override long Total { get; } = (long)Math.Round(duration.TotalSeconds * perSecond);

    public override long Due(long now, long sent) =>
        now < startMicros ? 0 : Math.Min(Total, (long)((now - startMicros) / _microsBetween) + 1);

    public override long IntendedAt(long index, long now) => startMicros + (long)(index * _microsBetween);

    public override long NextDue(long sent, long now) => IntendedAt(sent, now);
}

/// <summary>As fast as it goes, with no more than so many on their way: to fill mailboxes, and to find the ceiling.</summary>
/// <param name="total">How many.</param>
/// <param name="onTheWay">How many of all producers' events are on their way now.</param>
/// <param name="limit">At how many to hold back.</param>
internal sealed class Saturation(long total, Func<long> onTheWay, long limit) : Pace
{
    private const long Step = 500;

    public override long Total => total;

    public override long Due(long now, long sent) => onTheWay() >= limit ? sent : Math.Min(total, sent + Step);

    public override long IntendedAt(long index, long now) => now;
}
