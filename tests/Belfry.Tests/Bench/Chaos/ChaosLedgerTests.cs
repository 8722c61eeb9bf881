using Belfry.Bench.Checker;
using Belfry.Bench.Scenarios.Chaos;

namespace Belfry.Tests.Bench.Chaos;

public sealed class ChaosLedgerTests
{
    private const int Alice = 0;
    private const int Bob = 1;

    private readonly ChaosLedger _ledger = new(users: 2);
    private readonly StoredLog _stored;
    private readonly Receipts _receipts = new(Alice);

    public ChaosLedgerTests() => _stored = new StoredLog(users: 2, stored: null, _ledger.CheckSeq);

    [Fact]
    public void An_event_counts_once_by_whichever_ways_it_was_acknowledged()
    {
        var number = _ledger.Publish(Alice);

        _ledger.AcknowledgeByKafka(Alice, number);
        _ledger.AcknowledgeByHttp(Alice, number, seq: 1, duplicate: true);
        _stored.Add(Alice, number, seq: 1, storedMicros: 0);

        Assert.Equal((1L, 1L, 1L, 1L, 1L), (_ledger.Published, _ledger.Acknowledged, _ledger.ByKafka, _ledger.ByHttp, _ledger.AnsweredAsDuplicates));
        Assert.Empty(Found());
    }

    [Fact]
    public void What_was_acknowledged_by_either_way_and_not_stored_is_lost()
    {
        _ledger.AcknowledgeByKafka(Alice, _ledger.Publish(Alice));
        _ledger.AcknowledgeByHttp(Bob, _ledger.Publish(Bob), seq: 1, duplicate: false);

        Assert.Equal([(FindingKind.Lost, Alice, 1), (FindingKind.Lost, Bob, 1)], Found());
    }

    [Fact]
    public void What_was_never_answered_may_be_stored_or_not()
    {
        foreach (var _ in Enumerable.Range(0, 2))
        {
            _ledger.Publish(Alice);
            _ledger.Leave();
        }

        _stored.Add(Alice, number: 2, seq: 1, storedMicros: 0);

        Assert.Equal(2, _ledger.Maybe);
        Assert.Equal(1, Close().StoredUnacknowledged);
        Assert.DoesNotContain(Found(), finding => finding.Kind == FindingKind.Phantom);
    }

    [Fact]
    public void Two_answers_with_different_seqs_are_a_duplicate()
    {
        var number = _ledger.Publish(Bob);

        _ledger.AcknowledgeByHttp(Bob, number, seq: 1, duplicate: false);
        _ledger.AcknowledgeByHttp(Bob, number, seq: 2, duplicate: true);
        _stored.Add(Bob, number, seq: 2, storedMicros: 0);
        _stored.Add(Bob, _ledger.Publish(Bob), seq: 1, storedMicros: 0);

        Assert.Equal([(FindingKind.Duplicate, Bob, number)], Found());
    }

    [Fact]
    public void A_row_with_another_seq_than_was_answered_is_named()
    {
        var number = _ledger.Publish(Bob);
        _ledger.AcknowledgeByHttp(Bob, number, seq: 7, duplicate: false);

        _stored.Add(Bob, number, seq: 1, storedMicros: 0);

        var finding = Assert.Single(Close().Findings.Named);
        Assert.Equal((FindingKind.Duplicate, 1L, "acknowledged as seq 7"), (finding.Kind, finding.Seq, finding.Detail));
    }

    [Fact]
    public void What_was_stored_and_not_received_by_a_stream_is_lost()
    {
        var number = _ledger.Publish(Alice);
        _ledger.AcknowledgeByKafka(Alice, number);
        _stored.Add(Alice, number, seq: 1, storedMicros: 0);

        var verdict = Verdict.Of(_ledger.AcknowledgedOf, _stored, [_receipts], _ledger.Findings(), users: 2);

        Assert.Equal(FindingKind.Lost, Assert.Single(verdict.Findings.Named).Kind);
        Assert.False(verdict.Held);
    }

    [Fact]
    public void What_no_instance_would_take_is_refused()
    {
        _ledger.Refuse(Alice, _ledger.Publish(Alice), "no instance would take it");

        Assert.Equal([(FindingKind.Refused, Alice, 1)], Found());
    }

    [Fact]
    public async Task Several_threads_publish_for_one_user_at_once()
    {
        await Task.WhenAll(Enumerable.Range(0, 4).Select(way => Task.Run(() =>
        {
            for (var i = 0; i < 5_000; i++)
            {
                var number = _ledger.Publish(Alice);
                if (way % 2 == 0) _ledger.AcknowledgeByKafka(Alice, number);
                else _ledger.AcknowledgeByHttp(Alice, number, seq: number, duplicate: false);
            }
        })));

        Assert.Equal((20_000L, 20_000L, 20_000), (_ledger.Published, _ledger.Acknowledged, _ledger.AcknowledgedOf(Alice).Count));
    }

    private Verdict Close() => Verdict.Of(_ledger.AcknowledgedOf, _stored, [], _ledger.Findings(), users: 2);

    private IEnumerable<(FindingKind Kind, int User, int Number)> Found() => Close().Findings.Named.Select(finding => (finding.Kind, finding.User, finding.Number));
}
