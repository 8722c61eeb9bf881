using Belfry.Bench.Checker;

namespace Belfry.Tests.Bench.Checker;

public sealed class VerdictTests
{
    private readonly Books _books = new();

    public VerdictTests()
    {
        _books.Begin(Books.Alice);
        _books.Begin(Books.Bob);
    }

    [Fact]
    public void Everything_received_once_and_in_order_holds()
    {
        for (var number = 1; number <= 1_000; number++)
        {
            _books.Store(Books.Alice);
            _books.Receive(Books.Alice, number);
        }

        var verdict = _books.Close();

        Assert.True(verdict.Held);
        Assert.Equal(1, verdict.DeliveryRatio);
        Assert.False(verdict.Findings.Any);
    }

    [Fact]
    public void A_lost_event_is_named()
    {
        Store(Books.Alice, 4);
        foreach (var number in new[] { 1, 2, 4 }) _books.Receive(Books.Alice, number, prev: number == 4 ? 2 : null);

        Assert.Equal([(FindingKind.Lost, Books.Alice, 3)], _books.Found());
        Assert.Equal(0.75, _books.Close().DeliveryRatio);
        Assert.False(_books.Close().Held);
    }

    [Fact]
    public void An_event_that_was_acknowledged_and_never_stored_is_lost()
    {
        Store(Books.Bob, 1);
        _books.Receive(Books.Bob, 1);
        var number = _books.Acknowledge(Books.Bob);

        Assert.Equal([(FindingKind.Lost, Books.Bob, number)], _books.Found());
    }

    [Fact]
    public void A_doubled_event_is_named()
    {
        Store(Books.Alice, 3);
        foreach (var number in new[] { 1, 2, 2, 3 }) _books.Receive(Books.Alice, number);

        Assert.Equal([(FindingKind.Duplicate, Books.Alice, 2)], _books.Found());
        Assert.Equal(1, _books.Close().DeliveryRatio);
    }

    [Fact]
    public void An_event_that_is_stored_and_sent_twice_is_named()
    {
        Store(Books.Alice, 1);
        _books.StoreRow(Books.Alice, number: 1, seq: 2);
        _books.Receive(Books.Alice, 1, seq: 1);
        _books.Receive(Books.Alice, 1, seq: 2);

        Assert.Equal(2, _books.Close().Findings.Count(FindingKind.Duplicate));
    }

    [Fact]
    public void Swapped_events_are_named()
    {
        Store(Books.Alice, 4);
        foreach (var number in new[] { 1, 3, 2, 4 }) _books.Receive(Books.Alice, number);

        // 3 came although its prev was not there yet; 2 came after a greater one.
        Assert.Equal([(FindingKind.Gap, Books.Alice, 3), (FindingKind.Disorder, Books.Alice, 2)], _books.Found());
    }

    [Fact]
    public void Events_of_one_priority_that_were_stored_against_their_order_are_named()
    {
        Store(Books.Alice, 3);
        _books.Receive(Books.Alice, number: 1, seq: 1);
        _books.Receive(Books.Alice, number: 3, seq: 2);
        _books.Receive(Books.Alice, number: 2, seq: 3);

        Assert.Equal([(FindingKind.Disorder, Books.Alice, 2)], _books.Found());
    }

    [Fact]
    public void A_more_urgent_event_may_overtake()
    {
        Store(Books.Alice, 3);
        _books.Receive(Books.Alice, number: 3, seq: 1, priority: 'H');
        _books.Receive(Books.Alice, number: 1, seq: 2);
        _books.Receive(Books.Alice, number: 2, seq: 3);

        Assert.True(_books.Close().Held);
    }

    [Fact]
    public void Another_users_event_is_named_and_counts_for_nobody()
    {
        Store(Books.Alice, 1);
        Store(Books.Bob, 1);
        _books.Receive(Books.Bob, 1);

        Assert.False(_books.Receive(Books.Alice, number: 1, of: Books.Bob));

        Assert.Equal([(FindingKind.Foreign, Books.Alice, 1), (FindingKind.Lost, Books.Alice, 1)], _books.Found());
    }

    [Fact]
    public void Another_users_event_under_my_name_is_foreign_too()
    {
        Store(Books.Alice, 1);
        Store(Books.Bob, 1);
        _books.Receive(Books.Bob, 1);

        _books.Receive(Books.Alice, number: 1, of: Books.Bob, userId: _books.Users.NameOf(Books.Alice));

        Assert.Equal(1, _books.Close().Findings.Count(FindingKind.Foreign));
    }

    [Fact]
    public void A_gap_that_the_stream_admits_by_its_seqs_is_named_even_when_nothing_is_lost()
    {
        Store(Books.Alice, 2);
        _books.Receive(Books.Alice, 1);
        _books.Receive(Books.Alice, 2, prev: 0);

        Assert.Equal([(FindingKind.Gap, Books.Alice, 2)], _books.Found());
    }

    [Fact]
    public void A_hole_in_a_mailbox_is_named()
    {
        _books.Acknowledge(Books.Alice);
        _books.StoreRow(Books.Alice, number: 1, seq: 2);
        _books.Receive(Books.Alice, number: 1, seq: 2, prev: 0);

        var finding = Assert.Single(_books.Close().Findings.Named);
        Assert.Equal((FindingKind.Gap, 1L), (finding.Kind, finding.Seq));
    }

    [Fact]
    public void What_is_received_and_not_stored_is_a_phantom()
    {
        Store(Books.Alice, 1);
        _books.Receive(Books.Alice, 1);
        _books.Receive(Books.Alice, 2);

        Assert.Equal([(FindingKind.Phantom, Books.Alice, 2)], _books.Found());
    }

    [Fact]
    public void Only_the_first_few_of_each_kind_are_named_and_all_are_counted()
    {
        Store(Books.Alice, 100);

        var verdict = _books.Close();

        Assert.Equal(100, verdict.Findings.Count(FindingKind.Lost));
        Assert.Equal(Findings.NamedOfEach, verdict.Findings.Named.Count);
    }

    [Fact]
    public void A_finding_is_one_line_that_names_user_event_and_seq()
    {
        var finding = new Finding(FindingKind.Disorder, Books.Bob) { Number = 7, Seq = 9, Detail = "after seq 12" };

        Assert.Equal("disorder: bench-abcdef12-1 event 7 seq 9: after seq 12", finding.Describe(_books.Users));
    }

    private void Store(int user, int count)
    {
        for (var i = 0; i < count; i++) _books.Store(user);
    }
}
