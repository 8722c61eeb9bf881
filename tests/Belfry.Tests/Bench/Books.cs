using System.Text;
using Belfry.Bench;
using Belfry.Bench.Checker;
using Belfry.Bench.Client;

namespace Belfry.Tests.Bench;

/// <summary>The books of a run with two users and a stream each, kept by hand: what is published, stored and received.</summary>
internal sealed class Books
{
    public const int Alice = 0;
    public const int Bob = 1;

    private readonly Ledger _ledger = new(users: 2, streams: 2);
    private readonly StoredLog _stored = new(users: 2, stored: null);
    private readonly Receipts[] _receipts = [new(Alice), new(Bob)];
    private readonly Findings _seenOnTheWay = new();

    public UserSet Users { get; } = new(run: 0xabcdef12, count: 2);

    /// <summary>The user's next event is acknowledged and stored; returns its number, which is its seq too.</summary>
    public int Store(int user)
    {
        var number = Acknowledge(user);
        _stored.Add(user, number, number, storedMicros: 0);
        return number;
    }

    public int Acknowledge(int user)
    {
        var number = _ledger.Publish(user);
        _ledger.Acknowledge(user, number);
        return number;
    }

    public void StoreRow(int user, int number, long seq) => _stored.Add(user, number, seq, storedMicros: 0);

    /// <summary>The stream of a user receives an event, as the right one unless told otherwise.</summary>
    public bool Receive(int stream, int number, long? seq = null, long? prev = null, int? of = null, string? userId = null, char priority = 'M')
    {
        var user = of ?? stream;
        var received = new Received
        {
            UserId = Encoding.UTF8.GetBytes(userId ?? Users.NameOf(user)),
            EventId = Encoding.UTF8.GetBytes(new EventNumber(Users.Run, user, number).ToId(0).ToString()),
            Number = number,
            Seq = seq ?? number,
            Prev = prev ?? (seq ?? number) - 1,
            Priority = (byte)priority,
        };
        return _receipts[stream].Take(received, Users, _seenOnTheWay);
    }

    /// <summary>The stream begins at the start of the mailbox.</summary>
    public void Begin(int stream) => _receipts[stream].MoveTo(0);

    public Verdict Close() => Verdict.Of(_ledger, _stored, _receipts, _seenOnTheWay, users: 2);

    /// <summary>All that was found, each as kind, user and number.</summary>
    public IEnumerable<(FindingKind Kind, int User, int Number)> Found() => Close().Findings.Named.Select(finding => (finding.Kind, finding.User, finding.Number));
}
