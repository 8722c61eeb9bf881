using System.Buffers;
using System.Collections.Concurrent;
using Belfry.Bench.Producers;

namespace Belfry.Bench.Scenarios.Chaos;

/// <summary>An event as it was sent, so that it can be sent again as it was.</summary>
internal readonly record struct Sent(int User, int Number, long IntendedMicros, long DueMicros);

/// <summary>Events that are to be sent once more, by one of the ways in. Safe for use by several threads.</summary>
internal sealed class Repeats
{
    // Some minutes of a way in that is away; beyond that fewer are sent twice.
    private const int Capacity = 20_000;

    private readonly ConcurrentQueue<Sent> _queue = [];

    public void Add(Sent sent)
    {
        if (_queue.Count < Capacity) _queue.Enqueue(sent);
    }

    public bool TryTake(long now, out Sent sent)
    {
        // Taken first and put back when it is not due: two may look at once.
        if (!_queue.TryDequeue(out sent)) return false;
        if (sent.DueMicros <= now) return true;
        _queue.Enqueue(sent);
        return false;
    }
}

/// <summary>One producer's events as they become due: new ones for users at random, and those that are sent once more. Not for several threads.</summary>
/// <param name="ways">The repeats of each way in; a new event's goes to any.</param>
/// <param name="own">Those of the producer's way.</param>
internal sealed class ChaosFeed(ChaosLedger ledger, EventWriter writer, Pace pace, IReadOnlyList<Repeats> ways, Repeats own, int users, int seed)
{
    private const double RepeatedPart = 0.05;
    private const int LongestRepeatSeconds = 5;

    private static readonly TimeSpan Tick = TimeSpan.FromMilliseconds(1);
    private static readonly TimeSpan LongestWait = TimeSpan.FromMilliseconds(50);

    private readonly Random _random = new(seed);
    private long _sent;

    public bool HasEnded => _sent >= pace.Total;

    public TimeSpan UntilNext(long now)
    {
        var wait = BenchClock.ToTimeSpan(pace.NextDue(_sent, now) - now);
        return wait < Tick ? Tick : wait < LongestWait ? wait : LongestWait;
    }

    /// <summary>Writes what is due; false when nothing is.</summary>
    public bool TryNext(IBufferWriter<byte> to, long now, out Sent sent)
    {
        if (own.TryTake(now, out sent))
        {
            ledger.Repeat();
        }
        else if (pace.Due(now, _sent) > _sent)
        {
            var user = _random.Next(users);
            sent = new Sent(user, ledger.Publish(user), pace.IntendedAt(_sent, now), now + (long)(_random.NextDouble() * LongestRepeatSeconds * 1_000_000));
            _sent++;
            if (_random.NextDouble() < RepeatedPart) ways[_random.Next(ways.Count)].Add(sent);
        }
        else
        {
            return false;
        }

        writer.Write(to, sent.User, sent.Number, sent.IntendedMicros);
        return true;
    }
}
