using System.Text;
using Belfry.Contracts;
using Belfry.Mailboxes;
using Belfry.SystemTests.Mailboxes;
using Belfry.Work;
using Belfry.Work.Topics;
using Xunit;

namespace Belfry.SystemTests.Work;

/// <summary>What every task store promises, tried with the real one. Each test begins with an empty store.</summary>
public abstract partial class TaskStoreContract : IAsyncLifetime
{
    private protected static readonly TimeSpan Lease = TimeSpan.FromSeconds(30);

    private static readonly Guid Instance = Guid.CreateVersion7();

    private protected static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    private protected IMailboxStore Mailboxes { get; private set; } = null!;

    private protected ITaskStore Tasks { get; private set; } = null!;

    private protected ITopicStore Topics { get; private set; } = null!;

    public async ValueTask InitializeAsync()
    {
        (Mailboxes, Tasks, Topics) = await PrepareAsync();
        await Mailboxes.OpenAsync(Cancelled);
    }

    public async ValueTask DisposeAsync()
    {
        await ((IAsyncDisposable)Mailboxes).DisposeAsync();
        CleanUp();
        GC.SuppressFinalize(this);
    }

    private protected abstract Task<(IMailboxStore Mailboxes, ITaskStore Tasks, ITopicStore Topics)> PrepareAsync();

    private protected abstract void CleanUp();

    /// <summary>Moves the clock that the store goes by.</summary>
    private protected abstract Task PassTimeAsync(TimeSpan time);

    [Fact]
    public async Task A_task_is_claimed_once_and_leaves_when_it_is_done()
    {
        var added = await AddAsync(Named("a"));
        Assert.False(added.Duplicate);

        var claimed = Assert.Single(await ClaimAsync());
        Assert.Equal((added.Id, "test", 1, 0, null), (claimed.Id, claimed.Kind, claimed.Token, claimed.Attempts, claimed.Progress));
        Assert.Equal("{\"n\":\"a\"}", Encoding.UTF8.GetString(claimed.Body));
        Assert.Empty(await ClaimAsync());

        Assert.Equal([claimed.Id], await Tasks.CompleteAsync([claimed.Ref], Cancelled));
        Assert.Empty(await Tasks.CompleteAsync([claimed.Ref], Cancelled));
        Assert.Equal(new TaskCounts(0, 0, 0, 0), await Tasks.CountAsync(Cancelled));
    }

    [Fact]
    public async Task The_urgent_ones_come_first_and_of_those_the_oldest()
    {
        foreach (var name in (string[])["l1", "m1", "h1", "h2", "m2"])
        {
            await AddAsync(Named(name, name[0] switch { 'h' => Priority.High, 'm' => Priority.Medium, _ => Priority.Low }));
            await PassTimeAsync(TimeSpan.FromMilliseconds(5));
        }

        Assert.Equal(["h1", "h2", "m1"], (await ClaimAsync(3)).Select(NameOf));
        Assert.Equal(["m2", "l1"], (await ClaimAsync(3)).Select(NameOf));
    }

    [Fact]
    public async Task The_same_task_waits_once()
    {
        var first = await AddAsync(Named("a"));
        var again = await Tasks.AddAsync([Named("a"), Named("b"), Named("b")], Cancelled);

        Assert.Equal([(first.Id, true), (again[1].Id, false), (again[1].Id, true)], again.Select(a => (a.Id, a.Duplicate)));
        Assert.Equal(2, (await ClaimAsync()).Count);
    }

    [Fact]
    public async Task What_is_for_later_waits_until_then()
    {
        await AddAsync(Named("later") with { RunAt = await NowAsync() + TimeSpan.FromMinutes(5) });
        Assert.Empty(await ClaimAsync());
        Assert.Equal(1, (await Tasks.CountAsync(Cancelled)).Scheduled);

        await PassTimeAsync(TimeSpan.FromMinutes(5) + TimeSpan.FromSeconds(1));

        Assert.Equal("later", NameOf(Assert.Single(await ClaimAsync())));
    }

    [Fact]
    public async Task Kinds_that_are_not_known_here_are_left_alone()
    {
        await AddAsync(Named("a") with { Kind = "of the next version" });

        Assert.Empty(await ClaimAsync());
        Assert.Equal(1, (await Tasks.CountAsync(Cancelled)).Due);
    }

    [Fact]
    public async Task Leases_are_told_by_instance()
    {
        Assert.Empty(await Tasks.ListLeasesAsync(Cancelled));
        await Tasks.AddAsync([Named("a"), Named("b"), Named("c")], Cancelled);
        await ClaimAsync(2);
        var now = await NowAsync();

        var leases = Assert.Single(await Tasks.ListLeasesAsync(Cancelled));

        Assert.Equal(2, leases.Tasks);
        // A store that only one process has does not ask for its name.
        Assert.Contains(leases.Instance, (Guid?[])[Instance, null]);
        Assert.InRange(leases.FirstEnd, now, now + Lease);
        Assert.InRange(leases.LastEnd, leases.FirstEnd, now + Lease);
    }

    [Fact]
    public async Task A_lease_that_is_renewed_holds_and_one_that_runs_out_is_taken_by_the_next()
    {
        await AddAsync(Named("a"));
        var first = Assert.Single(await ClaimAsync());
        await PassTimeAsync(Lease - TimeSpan.FromSeconds(5));
        Assert.Equal([first.Id], await Tasks.RenewAsync([first.Ref], Lease, Cancelled));
        await PassTimeAsync(Lease - TimeSpan.FromSeconds(5));
        Assert.Equal((0, 0), await Tasks.ReclaimAsync(100, back: null, Cancelled));

        await PassTimeAsync(TimeSpan.FromSeconds(10));
        Assert.Equal((0, 0), await Tasks.ReclaimAsync(100, back: TimeSpan.FromSeconds(1), Cancelled));
        Assert.Equal((1, 0), await Tasks.ReclaimAsync(100, back: TimeSpan.FromSeconds(60), Cancelled));
        var second = Assert.Single(await ClaimAsync());

        Assert.Equal((first.Id, 2, 1), (second.Id, second.Token, second.Attempts));
        Assert.Empty(await Tasks.RenewAsync([first.Ref], Lease, Cancelled));
        Assert.False(await Tasks.SaveAsync(first.Ref, "late", Cancelled));
        Assert.Empty(await Tasks.FailAsync([new TaskFailure(first.Ref, "late", null)], Cancelled));
        Assert.Empty(await Tasks.CompleteAsync([first.Ref], Cancelled));
        Assert.Equal([second.Id], await Tasks.CompleteAsync([second.Ref], Cancelled));
    }

    [Fact]
    public async Task A_failure_is_tried_again_later_and_the_last_one_is_kept_as_a_dead_letter()
    {
        await AddAsync(Named("a") with { MaxAttempts = 2 });
        var first = Assert.Single(await ClaimAsync());
        Assert.True(await Tasks.SaveAsync(first.Ref, "half", Cancelled));
        Assert.Empty(await Tasks.FailAsync([new TaskFailure(first.Ref, "no luck", TimeSpan.FromSeconds(10))], Cancelled));
        Assert.Empty(await ClaimAsync());

        await PassTimeAsync(TimeSpan.FromSeconds(11));
        var second = Assert.Single(await ClaimAsync());
        Assert.Equal((1, "half"), (second.Attempts, second.Progress));
        Assert.Equal([second.Id], await Tasks.FailAsync([new TaskFailure(second.Ref, "again", TimeSpan.FromSeconds(10))], Cancelled));

        var dead = Assert.Single(await Tasks.ListDeadAsync(10, before: null, Cancelled));
        Assert.Equal((first.Id, 2, "again", "half"), (dead.Id, dead.Attempts, dead.LastError, dead.Progress));
        Assert.Equal(new TaskCounts(0, 0, 0, 1), await Tasks.CountAsync(Cancelled));
    }

    [Fact]
    public async Task A_dead_letter_can_be_sent_again_or_dropped()
    {
        await Tasks.AddAsync([Named("a"), Named("b")], Cancelled);
        foreach (var task in await ClaimAsync()) await Tasks.FailAsync([new TaskFailure(task.Ref, "never", null)], Cancelled);
        var dead = (await Tasks.ListDeadAsync(10, before: null, Cancelled)).OrderBy(d => d.Id).ToList();

        Assert.Equal([dead[0].Id], await Tasks.RetryDeadAsync([dead[0].Id, 4711], Cancelled));
        Assert.Equal([dead[1].Id], await Tasks.DropDeadAsync([dead[1].Id], Cancelled));
        Assert.Empty(await Tasks.DropDeadAsync([dead[1].Id], Cancelled));

        Assert.Null(await Tasks.FindDeadAsync(dead[1].Id, Cancelled));
        var again = Assert.Single(await ClaimAsync());
        Assert.Equal(("a", 0), (NameOf(again), again.Attempts));
    }

    [Fact]
    public async Task A_task_that_takes_its_workers_down_ends_among_the_dead_letters()
    {
        await AddAsync(Named("a") with { MaxAttempts = 2 });
        for (var i = 0; i < 2; i++)
        {
            Assert.Single(await ClaimAsync());
            await PassTimeAsync(Lease + TimeSpan.FromSeconds(1));
            Assert.Equal((1, i), await Tasks.ReclaimAsync(100, back: null, Cancelled));
        }

        Assert.Empty(await ClaimAsync());
        Assert.Equal("the lease ran out", Assert.Single(await Tasks.ListDeadAsync(10, before: null, Cancelled)).LastError);
    }

    [Fact]
    public async Task What_was_not_begun_goes_back_and_counts_as_no_attempt()
    {
        await AddAsync(Named("a"));
        var first = Assert.Single(await ClaimAsync());

        await Tasks.ReleaseAsync([first.Ref], Cancelled);

        Assert.Equal(0, Assert.Single(await ClaimAsync()).Attempts);
    }

    [Fact]
    public async Task A_step_is_stored_with_what_it_did_or_not_at_all()
    {
        await AddAsync(Named("a"));
        var task = Assert.Single(await ClaimAsync());

        Assert.IsType<AppendResult.Stored>(await StepAsync("e1", new TaskStep(task.Id, task.Token, "one")));
        var late = new TaskStep(task.Id, task.Token - 1, "two");
        Assert.Equal(late, Assert.IsType<AppendResult.TaskLost>(await StepAsync("e2", late)).Step);
        Assert.IsType<AppendResult.Stored>(await StepAsync("e3", new TaskStep(task.Id, task.Token, null)));
        Assert.IsType<AppendResult.TaskLost>(await StepAsync("e4", new TaskStep(task.Id, task.Token, null)));

        Assert.Equal(["e1", "e3"], (await Mailboxes.ReadAfterAsync("u", 0, 10, 1_000_000, Cancelled)).Select(n => n.Content.EventId));
        Assert.Equal(new TaskCounts(0, 0, 0, 0), await Tasks.CountAsync(Cancelled));
    }

    [Fact]
    public async Task A_late_step_is_found_beside_the_step_of_who_has_the_task_now()
    {
        await AddAsync(Named("a"));
        var task = Assert.Single(await ClaimAsync());
        var late = new TaskStep(task.Id, task.Token - 1, "late");

        var result = await StepAsync("e1", new TaskStep(task.Id, task.Token, "on time"), late);

        Assert.Equal(late, Assert.IsType<AppendResult.TaskLost>(result).Step);
        Assert.Empty(await Mailboxes.ReadAfterAsync("u", 0, 10, 1_000_000, Cancelled));
    }

    [Fact]
    public async Task A_task_that_comes_with_a_batch_is_added_with_it()
    {
        var result = await Mailboxes.AppendAsync(AppendBatch.Of([Events.New("u", "e1")]) with { Tasks = [Named("a"), Named("a")] }, Cancelled);

        var stored = Assert.IsType<AppendResult.Stored>(result);
        Assert.Equal([false, true], stored.Tasks.Select(t => t.Duplicate));
        Assert.Equal(stored.Tasks[0].Id, Assert.Single(await ClaimAsync()).Id);
    }

    [Fact]
    public async Task Members_come_and_go_and_are_read_in_pages()
    {
        Assert.Equal(3, await Topics.AddMembersAsync("t", ["b", "a", "c", "b"], Cancelled));
        Assert.Equal(1, await Topics.AddMembersAsync("t", ["a", "d"], Cancelled));
        Assert.Equal(1, await Topics.RemoveMembersAsync("t", ["c", "x"], Cancelled));
        await Topics.AddMembersAsync("other", ["z"], Cancelled);

        Assert.Equal(["a", "b"], await Topics.ReadMembersAsync("t", after: null, 2, Cancelled));
        Assert.Equal(["d"], await Topics.ReadMembersAsync("t", after: "b", 2, Cancelled));
    }

    private protected static NewTask Named(string name, Priority priority = Priority.Medium) =>
        new(name, "test", EventKey.Of("tests", name), priority, RunAt: null, MaxAttempts: 5, Encoding.UTF8.GetBytes($$"""{"n":"{{name}}"}"""));

    private protected static string NameOf(ClaimedTask task) => Encoding.UTF8.GetString(task.Body)[6..^2];

    private protected async Task<AddedTask> AddAsync(NewTask task) => (await Tasks.AddAsync([task], Cancelled))[0];

    private protected Task<IReadOnlyList<ClaimedTask>> ClaimAsync(int max = 100) =>
        Tasks.ClaimAsync(new TaskClaim(["test"], max, Lease, Instance, NoFloors), Cancelled);

    private static Dictionary<Priority, DateTime> NoFloors { get; } =
        new() { [Priority.High] = DateTime.MinValue, [Priority.Medium] = DateTime.MinValue, [Priority.Low] = DateTime.MinValue };

    private Task<AppendResult> StepAsync(string id, params TaskStep[] steps) =>
        Mailboxes.AppendAsync(AppendBatch.Of([Events.New("u", id)]) with { Steps = steps }, Cancelled);

    /// <summary>The store's time, as it stands in what it has just stored.</summary>
    private async Task<DateTime> NowAsync()
    {
        var result = await Mailboxes.AppendAsync(AppendBatch.Of([Events.New("clock", Guid.CreateVersion7().ToString())]), Cancelled);
        return Assert.IsType<AppendResult.Stored>(result).Answers[0].ReceivedAt;
    }
}
