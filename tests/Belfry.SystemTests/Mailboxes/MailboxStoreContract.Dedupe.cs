using Xunit;

namespace Belfry.SystemTests.Mailboxes;

/// <summary>The same event for the same user is one notification.</summary>
public abstract partial class MailboxStoreContract
{
    private static readonly string[] Ids = ["019aa7a4-5f30-7c3e-8f64-1b1e3a1a0c55", "01KAK8Z4X0EXAMPLE000000000", "order-17", "ä☃"];

    public static TheoryData<string> IdForms() => [.. Ids];

    [Theory]
    [MemberData(nameof(IdForms))]
    public async Task A_duplicate_within_a_batch_has_the_seq_of_the_first(string id)
    {
        var answers = await AppendAsync(
            Events.New("a"), Events.New("a", id), Events.New("a", id), Events.New("a"), Events.New("a", id));

        Assert.Equal([1, 2, 2, 3, 2], answers.Select(a => a.Seq));
        Assert.Equal([false, false, true, false, true], answers.Select(a => a.Duplicate));
        Assert.Equal(Seqs(1, 3), (await ReadAllAsync("a")).Select(r => r.Seq));
    }

    [Theory]
    [MemberData(nameof(IdForms))]
    public async Task A_duplicate_of_the_past_has_the_seq_of_the_first(string id)
    {
        await AppendAsync(Events.New("a"), Events.New("a", id));
        await ReopenAsync();

        var answers = await AppendAsync(Events.New("a"), Events.New("a", id), Events.New("a"));

        Assert.Equal([3, 2, 4], answers.Select(a => a.Seq));
        Assert.Equal([false, true, false], answers.Select(a => a.Duplicate));
    }

    [Fact]
    public async Task The_first_one_s_content_stays()
    {
        await AppendAsync(Events.New("a", "id", payload: "1"), Events.New("a", "id", payload: "2"));
        await AppendAsync(Events.New("a", "id", payload: "3"));

        Assert.Equal("1"u8.ToArray(), (await ReadOneAsync("a")).Content.Payload);
    }

    [Fact]
    public async Task The_same_id_of_another_source_or_for_another_user_is_no_duplicate()
    {
        foreach (var id in Ids)
        {
            var answers = await AppendAsync(Events.New("a", id), Events.New("a", id, source: "other"), Events.New("b", id));

            Assert.All(answers, a => Assert.False(a.Duplicate));
        }

        Assert.Equal(Ids.Length * 2, (await ReadAllAsync("a")).Count);
        Assert.Equal(Ids.Length, (await ReadAllAsync("b")).Count);
    }

    [Fact]
    public async Task A_batch_of_nothing_but_duplicates_changes_nothing()
    {
        var batch = Events.Several("a", 20);
        var first = await AppendAsync(batch);

        var again = await AppendAsync(batch);

        Assert.Equal(first.Select(a => a.Seq), again.Select(a => a.Seq));
        Assert.All(again, a => Assert.True(a.Duplicate));
        Assert.Equal(20, (await Store.ReadHeadAsync("a", Cancelled)).LastSeq);
    }

    [Fact]
    public async Task A_duplicate_is_known_for_seven_days()
    {
        await AppendAsync(Events.New("a", "id"));
        await PassTimeAsync(TimeSpan.FromDays(7) - TimeSpan.FromMinutes(1));
        await Store.MaintainAsync(TimeSpan.FromDays(7), Cancelled);

        var answer = Assert.Single(await AppendAsync(Events.New("a", "id")));

        Assert.True(answer.Duplicate);
        Assert.Equal(1, answer.Seq);
    }

    [Fact]
    public async Task Of_writers_that_bring_the_same_event_at_once_one_stores_it_and_all_answer_its_seq()
    {
        var other = await OpenAsync();
        for (var round = 0; round < 30; round++)
        {
            var id = $"round-{round}";
            var answers = await Task.WhenAll(Enumerable.Range(0, 6).Select(writer => Task.Run(
                async () => (await AppendAsync(writer % 2 == 0 ? Store : other, [Events.New("a"), Events.New("a", id), Events.New("b", id)])).ToList(),
                Cancelled)));

            foreach (var item in (int[])[1, 2])
            {
                Assert.Single(answers.Select(a => a[item].Seq).Distinct());
                Assert.Single(answers, a => !a[item].Duplicate);
            }
        }

        Assert.Equal(30 * 7, (await ReadAllAsync("a")).Count);
        Assert.Equal(Seqs(1, 30), (await ReadAllAsync("b")).Select(r => r.Seq));
        await AssertSeqsAreUniqueAsync();
    }
}
