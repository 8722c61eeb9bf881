using System.Globalization;
using System.Text;
using Belfry.Contracts;
using Belfry.Ingest.DeadLetters;
using Belfry.Mailboxes;
using Belfry.Mailboxes.Lanes;
using Belfry.SystemTests.Mailboxes;
using Belfry.Work;
using Belfry.Work.Kinds;
using Xunit;

namespace Belfry.SystemTests.DeadLetters;

/// <summary>What an operator may do with dead letters, whatever store they are in. Each test begins with an empty one.</summary>
public abstract class DeadLetterContract : IAsyncLifetime
{
    private static readonly PartitionKey Partition = new("default", "group", "news/of the day", 3);
    private static readonly Dictionary<Priority, DateTime> NoFloors =
        new() { [Priority.High] = DateTime.MinValue, [Priority.Medium] = DateTime.MinValue, [Priority.Low] = DateTime.MinValue };

    private StoreWorld _world = null!;
    private DeadLetterDesk _desk = null!;
    private long _offset = -1;

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        _world = await OpenAsync();
        _desk = new DeadLetterDesk(_world.Mailboxes, _world.Records, _world.Tasks);
        await _world.Mailboxes.ReadOffsetsAsync([Partition], Cancelled);
    }

    public async ValueTask DisposeAsync()
    {
        await _world.DisposeAsync();
        GC.SuppressFinalize(this);
    }

    private protected abstract Task<StoreWorld> OpenAsync();

    [Fact]
    public async Task Tasks_and_records_are_one_list_with_the_newest_first()
    {
        for (var n = 0; n < 3; n++)
        {
            await KillRecordsAsync(Pair(n));
            await KillTasksAsync($"a{n}", $"b{n}");
            if (n > 0) await _world.PassTimeAsync(TimeSpan.FromSeconds(1));
        }

        var all = (await _desk.ListAsync(100, kind: null, before: null, Cancelled)).Items;
        Assert.Equal(12, all.Count);
        Assert.Equal(all.OrderByDescending(l => l.DiedAt).Select(l => l.DiedAt), all.Select(l => l.DiedAt));
        foreach (var size in (int[])[1, 2, 5, 12]) Assert.Equal(all.Select(l => l.Id), await ReadPagesAsync(size, kind: null));
        Assert.Equal(all.Where(l => l.Kind == "task").Select(l => l.Id), await ReadPagesAsync(4, DeadLetterKind.Task));
        Assert.Equal(all.Where(l => l.Kind == "record").Select(l => l.Id), await ReadPagesAsync(4, DeadLetterKind.Record));
        Assert.All(all, letter => Assert.Equal((null, null, null), (letter.Body, letter.BodyBase64, letter.Key)));

        static (string?, string?)[] Pair(int n) => [($"k{n}", "poison"), (null, "poison")];
    }

    [Fact]
    public async Task One_is_shown_whole()
    {
        await KillRecordsAsync(("user-1", "not json"));
        var record = (await _desk.FindAsync((await IdsAsync())[0], Cancelled))!;
        Assert.Equal(("record", "poison", 8, "not json", "user-1"), (record.Kind, record.Reason, record.Size, record.Body, record.Key));
        Assert.Equal(new DeadLetterRecord("default", "group", "news/of the day", 3, 0, Relayed: false), record.Record);
        await _desk.DropAsync(await IdsAsync(), Cancelled);

        await KillTasksAsync("a");
        var task = (await _desk.FindAsync((await IdsAsync())[0], Cancelled))!;
        Assert.Equal(("task", "never", """{"n":"a"}""", null), (task.Kind, task.Reason, task.Body, task.Key));
        Assert.Equal(("test", 1, 5), (task.Task!.Kind, task.Task.Attempts, task.Task.MaxAttempts));
        Assert.InRange(task.DiedAt, task.Task.CreatedAt, task.Task.CreatedAt + TimeSpan.FromMinutes(1));
    }

    [Fact]
    public async Task Bytes_that_are_no_text_are_shown_as_bytes()
    {
        await StoreAsync([new NewDeadLetter(Partition, 0, "poison", [0xFF], [0xC3, 0x28])]);

        var letter = (await _desk.FindAsync((await IdsAsync())[0], Cancelled))!;

        Assert.Equal((null, null), (letter.Body, letter.Key));
        Assert.Equal([0xC3, 0x28], letter.BodyBase64);
        Assert.Equal([0xFF], letter.KeyBase64);
    }

    [Fact]
    public async Task A_record_that_can_be_stored_by_now_goes_to_its_mailbox_and_is_dead_no_more()
    {
        await KillRecordsAsync(("user-1", """{"event_type":"job.posted","payload":{"n":1}}"""));

        var retry = await _desk.RetryAsync(await IdsAsync(), Cancelled);

        Assert.Equal((1, "user-1", false), (retry.Done.Count, Assert.Single(retry.Users), retry.HasNewTasks));
        var stored = Assert.Single(await MailboxAsync("user-1"));
        Assert.Equal(("news/of the day", "news/of the day/3/0"), (stored.Content.Source, stored.Content.EventId));
        Assert.Empty(await IdsAsync());
        Assert.Single((await _desk.RetryAsync(retry.Done, Cancelled)).Missing);
    }

    [Fact]
    public async Task What_is_in_the_mailbox_already_is_not_doubled()
    {
        const string both = """{"id":"e1","source":"s","user_ids":["user-1","user-2"],"event_type":"t"}""";
        await _world.Mailboxes.AppendAsync(AppendBatch.Of([Events.New("user-1", "e1", source: "s")]), Cancelled);
        await KillRecordsAsync((null, both), (null, both));

        var retry = await _desk.RetryAsync(await IdsAsync(), Cancelled);

        Assert.Equal(2, retry.Done.Count);
        Assert.Single(await MailboxAsync("user-1"));
        Assert.Single(await MailboxAsync("user-2"));
    }

    [Fact]
    public async Task A_record_that_is_refused_again_stays_and_says_why()
    {
        await KillRecordsAsync(("user-1", "not json"), (null, null));

        var answer = (await _desk.RetryAsync(await IdsAsync(), Cancelled)).ToAnswer();

        Assert.Empty(answer.Done);
        Assert.Equal(2, answer.Refused.Count);
        Assert.All(answer.Refused, refused => Assert.Equal((ProblemTypes.StillRefused, 422), (refused.Problem.Type, refused.Problem.Status)));
        Assert.StartsWith("malformed: ", answer.Refused[1].Problem.Detail, StringComparison.Ordinal);
        Assert.Equal(2, (await IdsAsync()).Count);
    }

    [Fact]
    public async Task A_record_for_a_topic_or_for_later_becomes_a_task()
    {
        await KillRecordsAsync((null, """{"id":"e1","topic":"all","event_type":"t"}"""));

        var retry = await _desk.RetryAsync(await IdsAsync(), Cancelled);

        Assert.True(retry.HasNewTasks);
        Assert.Empty(await IdsAsync());
        Assert.Equal(FanOut.KindName, Assert.Single(await ClaimAsync(FanOut.KindName)).Kind);
    }

    [Fact]
    public async Task A_row_of_the_outbox_has_the_id_that_it_had()
    {
        var row = new OutboxRow(
            new OutboxPage(), new OutboxKey(1, 7), new DateTime(2026, 11, 22, 10, 0, 0, DateTimeKind.Utc), Guid.CreateVersion7(),
            """{"user_id":"user-1","event_type":"t"}"""u8.ToArray());
        await StoreAsync([row.ToDeadLetter("poison")]);

        Assert.Single((await _desk.RetryAsync(await IdsAsync(), Cancelled)).Done);

        var stored = Assert.Single(await MailboxAsync("user-1"));
        Assert.Equal(("outbox", row.EventId.ToString()), (stored.Content.Source, stored.Content.EventId));
    }

    [Fact]
    public async Task A_dead_task_is_a_task_again_with_all_its_attempts_before_it()
    {
        await KillTasksAsync("a");

        var retry = await _desk.RetryAsync(await IdsAsync(), Cancelled);

        Assert.Equal((1, true), (retry.Done.Count, retry.HasNewTasks));
        Assert.Equal(0, Assert.Single(await ClaimAsync("test")).Attempts);
        Assert.Empty(await IdsAsync());
    }

    [Fact]
    public async Task What_is_dropped_is_gone_and_what_was_not_there_is_told()
    {
        await KillTasksAsync("a", "b");
        await KillRecordsAsync((null, "x"), (null, "y"));
        var ids = (await IdsAsync()).GroupBy(id => id.Kind).Select(kind => kind.First()).Append(new DeadLetterId(DeadLetterKind.Task, 4711)).ToList();

        var answer = await _desk.DropAsync([.. ids, ids[0]], Cancelled);

        Assert.Equal(ids.Take(2).Select(id => id.ToString()).Order(), answer.Done.Order());
        Assert.Equal(["task-4711"], answer.Missing);
        Assert.Equal(2, (await IdsAsync()).Count);
        Assert.Null(await _desk.FindAsync(ids[0], Cancelled));
    }

    [Fact]
    public async Task An_id_is_never_given_to_another_one()
    {
        await KillRecordsAsync((null, "x"));
        var first = (await IdsAsync())[0];
        await _desk.DropAsync([first], Cancelled);

        await KillRecordsAsync((null, "y"));

        Assert.NotEqual(first, Assert.Single(await IdsAsync()));
    }

    private Task KillRecordsAsync(params (string? Key, string? Value)[] records) => StoreAsync(
        [.. records.Select((r, n) => new NewDeadLetter(Partition, Math.Max(_offset, 0) + n, "poison", BytesOf(r.Key), BytesOf(r.Value)))]);

    private static byte[]? BytesOf(string? text) => text is null ? null : Encoding.UTF8.GetBytes(text);

    private async Task StoreAsync(IReadOnlyList<NewDeadLetter> letters)
    {
        var next = Math.Max(_offset, 0) + letters.Count;
        var result = await _world.Mailboxes.AppendAsync(new AppendBatch([], [new OffsetMove(Partition, _offset, next)], letters), Cancelled);
        Assert.IsType<AppendResult.Stored>(result);
        _offset = next;
    }

    private async Task KillTasksAsync(params string[] names)
    {
        var tasks = names.Select(n => new NewTask(
            n, "test", EventKey.Of("tests", n), Priority.Medium, RunAt: null, MaxAttempts: 5, Encoding.UTF8.GetBytes($$"""{"n":"{{n}}"}"""))).ToList();
        await _world.Tasks.AddAsync(tasks, Cancelled);
        var claimed = await ClaimAsync("test");
        Assert.Equal(names.Length, (await _world.Tasks.FailAsync([.. claimed.Select(t => new TaskFailure(t.Ref, "never", RetryIn: null))], Cancelled)).Count);
    }

    private Task<IReadOnlyList<ClaimedTask>> ClaimAsync(string kind) =>
        _world.Tasks.ClaimAsync(new TaskClaim([kind], 100, TimeSpan.FromSeconds(30), Guid.CreateVersion7(), NoFloors), Cancelled);

    private Task<IReadOnlyList<StoredNotification>> MailboxAsync(string user) => _world.Mailboxes.ReadAfterAsync(user, 0, 100, 1_000_000, Cancelled);

    private async Task<List<DeadLetterId>> IdsAsync() => [.. (await ReadPagesAsync(100, kind: null)).Select(IdOf)];

    private async Task<List<string>> ReadPagesAsync(int size, DeadLetterKind? kind)
    {
        var ids = new List<string>();
        DeadLetterCursor? before = null;
        while (true)
        {
            var page = await _desk.ListAsync(size, kind, before, Cancelled);
            ids.AddRange(page.Items.Select(l => l.Id));
            if (page.Next is null) return ids;
            Assert.Equal(size, page.Items.Count);
            Assert.True(DeadLetterCursor.TryParse(page.Next, out var next), page.Next);
            before = next;
        }
    }

    private static DeadLetterId IdOf(string text)
    {
        Assert.True(DeadLetterId.TryParse(text, out var id), text);
        Assert.Equal(string.Create(CultureInfo.InvariantCulture, $"{DeadLetterId.NameOf(id.Kind)}-{id.Number}"), text);
        return id;
    }
}

/// <summary>The contract, held by PostgreSQL.</summary>
public sealed class PostgresDeadLetterTests(SharedPostgres postgres) : DeadLetterContract
{
    private protected override Task<StoreWorld> OpenAsync() => StoreWorld.OpenPostgresAsync(postgres);
}

/// <summary>The contract, held by SQLite.</summary>
public sealed class SqliteDeadLetterTests : DeadLetterContract
{
    private protected override Task<StoreWorld> OpenAsync() => StoreWorld.OpenSqliteAsync();
}
