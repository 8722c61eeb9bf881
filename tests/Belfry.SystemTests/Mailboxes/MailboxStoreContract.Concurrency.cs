using Belfry.Mailboxes;
using Xunit;

namespace Belfry.SystemTests.Mailboxes;

/// <summary>Many writers, the same mailboxes.</summary>
public abstract partial class MailboxStoreContract
{
    [Fact]
    public async Task Writers_that_share_users_leave_no_gap_and_each_one_s_order_is_kept()
    {
        const int writers = 8, batches = 25;
        var users = Enumerable.Range(0, 15).Select(i => $"user-{i}").ToArray();
        var second = await OpenAsync();

        var written = await Task.WhenAll(Enumerable.Range(0, writers).Select(writer => Task.Run(
            () => WriteAsync(writer % 2 == 0 ? Store : second, writer, batches, users), Cancelled)));

        foreach (var user in users)
        {
            var log = await ReadAllAsync(user);
            Assert.Equal(Seqs(1, log.Count), log.Select(r => r.Seq));
            for (var writer = 0; writer < writers; writer++)
            {
                var source = $"writer-{writer}";
                Assert.Equal(written[writer].Where(w => w.User == user).Select(w => (w.Id, w.Seq)),
                    log.Where(r => r.Content.Source == source).Select(r => (r.Content.EventId, r.Seq)));
            }

            Assert.Equal(log.Count, (await Store.ReadHeadAsync(user, Cancelled)).LastSeq);
        }

        Assert.Equal(written.Sum(w => w.Count), await ReadNumberAsync("SELECT count(*) FROM {0}notifications"));
        await AssertSeqsAreUniqueAsync();
    }

    [Fact]
    public async Task Readers_beside_a_writer_never_see_a_gap_or_half_a_batch()
    {
        const int batch = 10, batches = 100;
        var writing = Task.Run(
            async () =>
            {
                for (var i = 0; i < batches; i++) await AppendAsync(Events.Several("a", batch));
            },
            Cancelled);

        var readers = Enumerable.Range(0, 4).Select(_ => Task.Run(
            async () =>
            {
                var cursor = 0L;
                while (cursor < batch * batches)
                {
                    var page = await Store.ReadAfterAsync("a", cursor, batch * batches, int.MaxValue, Cancelled);
                    if (page.Count == 0) continue;
                    Assert.Equal(Seqs(cursor + 1, page[^1].Seq), page.Select(r => r.Seq));
                    Assert.Equal(0, page.Count % batch);
                    Assert.True((await Store.ReadHeadAsync("a", Cancelled)).LastSeq >= page[^1].Seq);
                    cursor = page[^1].Seq;
                }
            },
            Cancelled));

        await Task.WhenAll([writing, .. readers]).WaitAsync(TimeSpan.FromMinutes(1), Cancelled);
    }

    /// <summary>Random batches; what was written, in the writer's own order.</summary>
    private static async Task<List<(string User, string Id, long Seq)>> WriteAsync(IMailboxStore store, int writer, int batches, string[] users)
    {
        var random = new Random(writer);
        var written = new List<(string, string, long)>();
        for (var batch = 0; batch < batches; batch++)
        {
            var items = Enumerable.Range(0, random.Next(1, 40))
                .Select(i => Events.New(random.GetItems(users, 1)[0], $"{batch}-{i}", source: $"writer-{writer}"))
                .ToList();
            var answers = await AppendAsync(store, items);
            written.AddRange(items.Zip(answers, (item, answer) => (item.UserId, item.EventId, answer.Seq)));
        }

        return written;
    }
}
