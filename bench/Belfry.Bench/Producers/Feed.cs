using System.Buffers;
using Belfry.Bench.Checker;

namespace Belfry.Bench.Producers;

/// <summary>One producer's events, one after the other as they become due. Not for several threads.</summary>
internal sealed class Feed
{
    private static readonly TimeSpan Tick = TimeSpan.FromMilliseconds(1);

    private readonly int[] _users;
    private readonly Ledger _ledger;
    private readonly EventWriter _writer;
    private readonly Load _load;
    private readonly Pace _pace;
    private readonly Random _random;
    private long _sent;

    /// <param name="users">The users for whom this producer, and no other, publishes.</param>
    public Feed(int[] users, Ledger ledger, EventWriter writer, Load load, Pace pace, int seed)
    {
        _users = users;
        _ledger = ledger;
        _writer = writer;
        _load = load;
        _pace = pace;
        _random = new Random(seed);
    }

    public bool HasEnded => _sent >= _pace.Total;

    public long CountDue(long now) => _pace.Due(now, _sent) - _sent;

    /// <summary>How long nothing will be due; at least a millisecond, which is as fine as timers are.</summary>
    public TimeSpan UntilNext(long now)
    {
        var wait = BenchClock.ToTimeSpan(_pace.NextDue(_sent, now) - now);
        return wait < Tick ? Tick : wait;
    }

    /// <summary>Writes the next event; returns its user and its number.</summary>
    public (int User, int Number) Next(IBufferWriter<byte> to, long now)
    {
        var user = _users[_load.InTurn ? (int)(_sent % _users.Length) : _random.Next(_users.Length)];
        var intended = _pace.IntendedAt(_sent, now);
        var number = _ledger.Publish(user);
        _writer.Write(to, user, number, intended);
        _load.Offered?.Add(intended);
        _sent++;
        return (user, number);
    }
}
