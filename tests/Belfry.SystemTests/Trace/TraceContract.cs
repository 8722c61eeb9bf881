using Belfry.Contracts;
using Belfry.Mailboxes;
using Belfry.SystemTests.DeadLetters;
using Belfry.SystemTests.Mailboxes;
using Belfry.Work;
using Belfry.Work.Trace;
using Xunit;

namespace Belfry.SystemTests.Trace;

/// <summary>Where an event is, whatever store it is in. Each test begins with an empty one.</summary>
public abstract class TraceContract : IAsyncLifetime
{
    private static readonly Dictionary<Priority, DateTime> NoFloors =
        new() { [Priority.High] = DateTime.MinValue, [Priority.Medium] = DateTime.MinValue, [Priority.Low] = DateTime.MinValue };

    private StoreWorld _world = null!;
    private EventTracer _tracer = null!;

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        _world = await OpenAsync();
        _tracer = new EventTracer(_world.Trace, _world.Records);
    }

    public async ValueTask DisposeAsync()
    {
        await _world.DisposeAsync();
        GC.SuppressFinalize(this);
    }

    private protected abstract Task<StoreWorld> OpenAsync();

    [Fact]
    public async Task Nothing_is_known_of_an_event_that_never_came() => Assert.Null(await FindAsync("e1"));

    [Fact]
    public async Task A_stored_event_is_in_its_mailbox_once_also_when_it_came_twice()
    {
        await AppendAsync(Events.New("user-1", "other"), Events.New("user-1", "e1"), Events.New("user-1", "e1"));
        await AppendAsync(Events.New("user-1", "e1"));

        var trace = (await FindAsync("e1"))!;

        Assert.Equal((1, true, null), (trace.Count, trace.CountIsExact, trace.Next));
        var found = Assert.Single(trace.Notifications);
        Assert.Equal(("user-1", 2L, "job.posted", Priority.Medium, false, null), (found.UserId, found.Seq, found.EventType, found.Priority, found.Delivered, found.DeliveredAt));
        Assert.Equal(new DateTime(2026, 11, 22, 10, 0, 0, DateTimeKind.Utc), found.EventTimestamp);
        Assert.Equal(DateTimeKind.Utc, found.ReceivedAt.Kind);
        Assert.Empty(trace.Tasks);
        Assert.Empty(trace.DeadRecords);
    }

    [Fact]
    public async Task The_same_id_from_another_source_is_another_event()
    {
        await AppendAsync(Events.New("user-1", "e1", source: "other"));

        Assert.Null(await FindAsync("e1"));
    }

    [Fact]
    public async Task It_is_delivered_when_the_mailbox_was_delivered_so_far_and_at_the_latest_then()
    {
        await AppendAsync(Events.New("user-1", "e1"), Events.New("user-1", "e2"));
        await _world.PassTimeAsync(TimeSpan.FromMinutes(1));
        await _world.Mailboxes.MoveDeliveredAsync([new Delivered("user-1", 1)], Cancelled);

        var first = (await FindAsync("e1"))!.Notifications[0];
        Assert.True(first.Delivered);
        Assert.InRange(first.DeliveredAt!.Value - first.ReceivedAt, TimeSpan.FromSeconds(60), TimeSpan.FromSeconds(120));
        Assert.Equal((false, null), ((await FindAsync("e2"))!.Notifications[0].Delivered, (await FindAsync("e2"))!.Notifications[0].DeliveredAt));

        // A move that comes late moves nothing, and no time either.
        await _world.PassTimeAsync(TimeSpan.FromMinutes(1));
        await _world.Mailboxes.MoveDeliveredAsync([new Delivered("user-1", 1)], Cancelled);
        Assert.Equal(first.DeliveredAt, (await FindAsync("e1"))!.Notifications[0].DeliveredAt);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(7)]
    [InlineData(25)]
    public async Task The_mailboxes_of_an_event_for_many_are_read_in_pages(int size)
    {
        string[] users = [.. Enumerable.Range(0, 22).Select(n => $"user-{n}"), "Z", "Ä %", "a-b"];
        await AppendAsync([.. users.Select(u => Events.New(u, "e1"))]);

        var found = new List<string>();
        TraceCursor? after = null;
        while (true)
        {
            var page = (await _tracer.FindAsync(Events.Source, "e1", size, after, Cancelled))!;
            Assert.Equal((users.Length, true), (page.Count, page.CountIsExact));
            found.AddRange(page.Notifications.Select(n => n.UserId));
            if (page.Next is null) break;
            Assert.True(TraceCursor.TryParse(page.Next, out var next), page.Next);
            after = next;
        }

        Assert.Equal(users.Order(StringComparer.Ordinal), found);
    }

    [Fact]
    public async Task Very_many_are_counted_so_far_and_no_further()
    {
        for (var n = 0; n < 6; n++) await AppendAsync([.. Enumerable.Range(n * 1700, 1700).Select(u => Events.New($"user-{u}", "e1"))]);

        var trace = (await FindAsync("e1"))!;

        Assert.Equal((10_000, false, 50), (trace.Count, trace.CountIsExact, trace.Notifications.Count));
    }

    [Fact]
    public async Task A_task_is_seen_in_each_of_its_states()
    {
        await AddTaskAsync("e1", runIn: TimeSpan.FromMinutes(10));
        Assert.Equal(("scheduled", 0, 2, null, null), Shown(await TaskAsync()));

        await _world.PassTimeAsync(TimeSpan.FromMinutes(11));
        Assert.Equal("due", (await TaskAsync()).State);

        var claimed = Assert.Single(await ClaimAsync());
        var held = await TaskAsync();
        Assert.Equal("held", held.State);
        Assert.NotNull(held.LeaseUntil);

        await _world.Tasks.FailAsync([new TaskFailure(claimed.Ref, "no luck", TimeSpan.FromSeconds(60))], Cancelled);
        Assert.Equal(("scheduled", 1, 2, "no luck", null), Shown(await TaskAsync()));

        await _world.PassTimeAsync(TimeSpan.FromSeconds(61));
        await _world.Tasks.FailAsync([new TaskFailure(Assert.Single(await ClaimAsync()).Ref, "never", RetryIn: null)], Cancelled);
        var dead = await TaskAsync();
        Assert.Equal(("dead", 2, 2, "never", $"task-{dead.Id}"), Shown(dead));
        Assert.Equal((null, null), (dead.RunAt, dead.LeaseUntil));
        Assert.NotNull(dead.DiedAt);

        await _world.Tasks.RetryDeadAsync([dead.Id], Cancelled);
        Assert.Equal(("due", 0, 2, null, null), Shown(await TaskAsync()));

        static (string, int, int, string?, string?) Shown(TracedTask t) => (t.State, t.Attempts, t.MaxAttempts, t.LastError, t.DeadLetter);
    }

    [Fact]
    public async Task A_task_whose_worker_died_is_seen_among_the_dead_too()
    {
        await AddTaskAsync("e1", runIn: null, attempts: 1);
        Assert.Single(await ClaimAsync());
        await _world.PassTimeAsync(TimeSpan.FromMinutes(1));
        await _world.Tasks.ReclaimAsync(10, back: null, Cancelled);

        Assert.Equal(("dead", "the lease ran out"), ((await TaskAsync()).State, (await TaskAsync()).LastError));
    }

    [Fact]
    public async Task Half_of_a_fan_out_is_in_mailboxes_and_the_task_says_how_far_it_is()
    {
        await AddTaskAsync("e1", runIn: null);
        var task = Assert.Single(await ClaimAsync());
        var step = new TaskStep(task.Id, task.Token, "user-1");
        await _world.Mailboxes.AppendAsync(AppendBatch.Of([Events.New("user-0", "e1"), Events.New("user-1", "e1")]) with { Steps = [step] }, Cancelled);

        var trace = (await FindAsync("e1"))!;
        Assert.Equal((2, "held", "user-1"), (trace.Count, trace.Tasks[0].State, trace.Tasks[0].Progress));

        await _world.Mailboxes.AppendAsync(AppendBatch.Of([Events.New("user-2", "e1")]) with { Steps = [step with { Progress = null }] }, Cancelled);
        Assert.Equal((3, 0), ((await FindAsync("e1"))!.Count, (await FindAsync("e1"))!.Tasks.Count));
    }

    [Fact]
    public async Task A_dead_record_is_found_by_its_position()
    {
        var partition = new PartitionKey("default", "group", "news", 3);
        await _world.Mailboxes.ReadOffsetsAsync([partition], Cancelled);
        await _world.Mailboxes.AppendAsync(
            new AppendBatch([], [new OffsetMove(partition, -1, 8)], [new NewDeadLetter(partition, 7, "poison", null, null)]), Cancelled);

        var trace = (await _tracer.FindAsync("news", "news/3/7", 10, after: null, Cancelled))!;

        Assert.Equal(0, trace.Count);
        Assert.Equal(("poison", 7L), (Assert.Single(trace.DeadRecords).Reason, trace.DeadRecords[0].Record!.Offset));
        foreach (var (source, id) in (IEnumerable<(string, string)>)[("news", "news/3/6"), ("news", "news/2/7"), ("other", "news/3/7"), ("news", "news/3/x"), ("news", "7")])
        {
            Assert.Null(await _tracer.FindAsync(source, id, 10, after: null, Cancelled));
        }
    }

    private Task<EventTrace?> FindAsync(string id) => _tracer.FindAsync(Events.Source, id, 50, after: null, Cancelled);

    private async Task<TracedTask> TaskAsync() => Assert.Single((await FindAsync("e1"))!.Tasks);

    private async Task AppendAsync(params NewNotification[] items) =>
        Assert.IsType<AppendResult.Stored>(await _world.Mailboxes.AppendAsync(AppendBatch.Of(items), Cancelled));

    private async Task AddTaskAsync(string id, TimeSpan? runIn, int attempts = 2)
    {
        // The store's time, as it stands in what it has just stored.
        var result = await _world.Mailboxes.AppendAsync(AppendBatch.Of([Events.New("clock")]), Cancelled);
        var now = Assert.IsType<AppendResult.Stored>(result).Answers[0].ReceivedAt;
        var task = new NewTask(id, "test", Guid.CreateVersion7(), Priority.Medium, now + runIn, attempts, "{}"u8.ToArray())
        {
            EventKey = EventKey.Of(Events.Source, id),
        };
        await _world.Tasks.AddAsync([task, task with { Key = Guid.CreateVersion7(), RunAt = now.AddDays(1), EventKey = null }], Cancelled);
    }

    private Task<IReadOnlyList<ClaimedTask>> ClaimAsync() =>
        _world.Tasks.ClaimAsync(new TaskClaim(["test"], 100, TimeSpan.FromSeconds(30), Guid.CreateVersion7(), NoFloors), Cancelled);
}

/// <summary>The contract, held by PostgreSQL.</summary>
public sealed class PostgresTraceTests(SharedPostgres postgres) : TraceContract
{
    private protected override Task<StoreWorld> OpenAsync() => StoreWorld.OpenPostgresAsync(postgres);
}

/// <summary>The contract, held by SQLite.</summary>
public sealed class SqliteTraceTests : TraceContract
{
    private protected override Task<StoreWorld> OpenAsync() => StoreWorld.OpenSqliteAsync();
}
