namespace Belfry.Bench.Producers;

/// <summary>What all producers together are to publish. Each gets the part that its users are of all.</summary>
/// <param name="InTurn">Whether the users come one after the other, each as often as the other; else at random.</param>
/// <param name="Offered">Counts the events by the time at which they were to be sent.</param>
internal abstract record Load(bool InTurn, Timeline? Offered)
{
    /// <summary>Whether there is a last event.</summary>
    public virtual bool EndsByItself => true;

    public abstract Pace PaceOf(int users, int allUsers, int producer, int producers);

    /// <summary>How many should have been sent by a time; 0 where there is no schedule.</summary>
    public virtual long DueBy(long now) => 0;
}

/// <summary>A rate for a time.</summary>
internal sealed record RateLoad(long StartMicros, double PerSecond, TimeSpan Duration, Timeline? Offered) : Load(InTurn: false, Offered)
{
    // The producers take turns, so that together they send evenly.
    public override Pace PaceOf(int users, int allUsers, int producer, int producers) =>
        new OpenLoop(StartMicros + (long)(1_000_000 / PerSecond * producer), PerSecond * users / allUsers, Duration);

    public override long DueBy(long now) =>
        (long)(PerSecond * Math.Clamp(BenchClock.ToSeconds(now - StartMicros), 0, Duration.TotalSeconds));
}

/// <summary>So many for each user, as fast as it goes.</summary>
internal sealed record FillLoad(int Each, Func<long> OnTheWay, long Limit) : Load(InTurn: true, Offered: null)
{
    public override Pace PaceOf(int users, int allUsers, int producer, int producers) => new Saturation((long)users * Each, OnTheWay, Limit);
}

/// <summary>As fast as it goes, until it is stopped.</summary>
internal sealed record FlatOutLoad(Func<long> OnTheWay, long Limit, Timeline? Offered) : Load(InTurn: false, Offered)
{
    public override bool EndsByItself => false;

    public override Pace PaceOf(int users, int allUsers, int producer, int producers) => new Saturation(long.MaxValue, OnTheWay, Limit);
}
