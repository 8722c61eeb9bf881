using System.Text;
using Belfry.Bench.Client;

namespace Belfry.Bench.Checker;

/// <summary>
/// What one stream of a user has received over all its reconnects: a bit for each event, and where it stands. Its loop's
/// thread alone writes it.
/// </summary>
internal sealed class Receipts(int user)
{
    private const int Priorities = 3;
    private const long Unknown = -1;

    private readonly int[] _newestOfPriority = new int[Priorities];
    private long _seq = Unknown;

    public int User => user;

    public BitSet Numbers { get; } = new();

    /// <summary>The client's cursor was moved by an id without an event.</summary>
    public void MoveTo(long seq) => _seq = seq;

    /// <summary>Checks a notification; true when it is this user's and came for the first time.</summary>
    public bool Take(in Received received, UserSet users, Findings findings)
    {
        if (!IsMine(received, users))
        {
            findings.Add(Describe(FindingKind.Foreign, received, $"its user_id is '{Encoding.UTF8.GetString(received.UserId)}', its id '{Encoding.UTF8.GetString(received.EventId)}'"));
            _seq = Math.Max(_seq, received.Seq);
            return false;
        }

        if (!Numbers.Add(received.Number))
        {
            findings.Add(Describe(FindingKind.Duplicate, received, "received before"));
            _seq = Math.Max(_seq, received.Seq);
            return false;
        }

        // Each fault is told once: what comes too late by its seq comes too late by its number too.
        if (IsInOrderOfSeqs(received, findings) && users.OneWayIn && !(users.FollowersByTopic && received.Priority == (byte)'L')) CheckOrderOfPublishing(received, findings);
        return true;
    }

    /// <summary>Without an id, where a pipeline gives its own, the name alone tells.</summary>
    private bool IsMine(in Received received, UserSet users) =>
        received.UserId.SequenceEqual(users.Utf8NameOf(user))
        && (received.EventId.IsEmpty || (EventNumber.TryRead(received.EventId, out var id) && id == new EventNumber(users.Run, user, received.Number)));

    private bool IsInOrderOfSeqs(in Received received, Findings findings)
    {
        if (received.Seq == 0) return true;
        if (received.Seq <= _seq)
        {
            findings.Add(Describe(FindingKind.Disorder, received, $"after seq {_seq}"));
            return false;
        }

        if (_seq != Unknown && received.Prev != _seq) findings.Add(Describe(FindingKind.Gap, received, $"its prev is {received.Prev}, the stream stood at {_seq}"));
        _seq = received.Seq;
        return true;
    }

    /// <summary>Events of one user and one priority keep the order in which they were published, whatever the way in.</summary>
    private void CheckOrderOfPublishing(in Received received, Findings findings)
    {
        ref var newest = ref _newestOfPriority[received.Priority switch { (byte)'H' => 0, (byte)'L' => 2, _ => 1 }];
        if (received.Number < newest) findings.Add(Describe(FindingKind.Disorder, received, $"published before event {newest}, which came first"));
        else newest = received.Number;
    }

    private Finding Describe(FindingKind kind, in Received received, string detail) =>
        new(kind, user) { Number = received.Number, Seq = received.Seq, Detail = detail };
}
