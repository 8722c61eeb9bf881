using System.Collections.Concurrent;
using System.Globalization;
using System.Text;
using Belfry.Contracts;
using Belfry.Mailboxes;
using Belfry.Servers;
using Belfry.Work;
using Xunit;

namespace Belfry.SystemTests.Work;

/// <summary>The engine's loops on a real PostgreSQL.</summary>
public sealed class WorkEngineTests(SharedPostgres postgres)
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Two_engines_run_every_task_exactly_once()
    {
        const int count = 6000;
        var database = await postgres.CreateDatabaseAsync(Cancelled);
        var kind = new Recorded();
        await using var one = await EngineRun.StartAsync(database, kind, new WorkOptions { ClaimBatch = 50, ChannelCapacity = 200 }, Cancelled);
        await using var two = await EngineRun.StartAsync(database, kind, new WorkOptions { ClaimBatch = 50, ChannelCapacity = 200 }, Cancelled);

        foreach (var chunk in Enumerable.Range(0, count).Chunk(1000)) await one.Tasks.AddAsync([.. chunk.Select(n => New(n))], Cancelled);
        await one.AreDoneAsync(default, Cancelled);

        Assert.Equal(Enumerable.Range(0, count), kind.Runs.Order());
    }

    [Fact]
    public async Task What_fails_is_tried_again_and_what_always_fails_is_a_dead_letter()
    {
        var kind = new Recorded { Work = (n, attempt) => n == 1 || attempt == 0 ? throw new InvalidOperationException($"no {n}") : Task.CompletedTask };
        await using var run = await EngineRun.StartAsync(await postgres.CreateDatabaseAsync(Cancelled), kind, options: null, Cancelled);

        await run.Tasks.AddAsync([New(0), New(1)], Cancelled);
        await run.AreDoneAsync(new TaskCounts(0, 0, 0, 1), Cancelled);

        Assert.Equal([0, 0, 1, 1, 1], kind.Runs.Order());
        var dead = Assert.Single(await run.Tasks.ListDeadAsync(10, before: null, Cancelled));
        Assert.Equal(("no 1", 3), (dead.LastError, dead.Attempts));
    }

    [Fact]
    public async Task Work_that_outlasts_its_lease_is_not_given_to_another()
    {
        var gate = new TaskCompletionSource();
        var kind = new Recorded { Work = (_, _) => gate.Task };
        var options = new WorkOptions { Lease = TimeSpan.FromSeconds(1), ReclaimInterval = TimeSpan.FromMilliseconds(100) };
        var database = await postgres.CreateDatabaseAsync(Cancelled);
        await using var one = await EngineRun.StartAsync(database, kind, options, Cancelled);
        await using var two = await EngineRun.StartAsync(database, kind, options, Cancelled);

        await one.Tasks.AddAsync([New(0)], Cancelled);
        await Eventually.HoldsAsync("it runs", () => !kind.Runs.IsEmpty, Patience, Cancelled);
        var renewed = TimeProvider.System.GetTimestamp();
        await Eventually.HoldsAsync("three leases have passed", () => TimeProvider.System.GetElapsedTime(renewed) > 3 * options.Lease, Patience, Cancelled);
        gate.SetResult();
        await one.AreDoneAsync(default, Cancelled);

        Assert.Equal([0], kind.Runs);
    }

    [Fact]
    public async Task A_stop_ends_what_runs_and_puts_back_what_waits()
    {
        var database = await postgres.CreateDatabaseAsync(Cancelled);
        var begun = new TaskCompletionSource();
        var kind = new Recorded
        {
            Work = async (_, _) =>
            {
                begun.TrySetResult();
                await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, Cancelled);
            },
        };
        await using var run = await EngineRun.StartAsync(database, kind, new WorkOptions { Workers = 1 }, Cancelled);
        await run.Tasks.AddAsync([New(0), New(1), New(2)], Cancelled);
        await begun.Task.WaitAsync(Patience, TimeProvider.System, Cancelled);
        await Eventually.HoldsAsync("all are claimed", async ct => (await run.Tasks.CountAsync(ct)).Held == 3, Patience, Cancelled);

        await run.StopAsync();

        Assert.Equal(new TaskCounts(0, 3, 0, 0), await run.Tasks.CountAsync(Cancelled));
        Assert.Single(kind.Runs);
    }

    [Fact]
    public async Task A_full_channel_is_filled_again_when_work_has_taken_itself_out()
    {
        // No poll comes to the rescue.
        var options = new WorkOptions { ClaimBatch = 10, ChannelCapacity = 10, Pickers = 1, PollInterval = TimeSpan.FromHours(1) };
        EngineRun? run = null;
        var kind = new Recorded
        {
            Work = (_, _) => Task.CompletedTask,
            TakeOut = task => run!.Tasks.CompleteAsync([task.Ref], Cancelled),
        };
        await using (run = await EngineRun.StartAsync(await postgres.CreateDatabaseAsync(Cancelled), kind, options, Cancelled))
        {
            await run.Tasks.AddAsync([.. Enumerable.Range(0, 100).Select(New)], Cancelled);
            run.Wake();
            await run.AreDoneAsync(default, Cancelled);
        }

        Assert.Equal(Enumerable.Range(0, 100), kind.Runs.Order());
    }

    private static NewTask New(int n) => new(
        $"{n}", Recorded.KindName, EventKey.Of("tests", $"{n}"), Priority.Medium, RunAt: null, MaxAttempts: 3, Encoding.UTF8.GetBytes(n.ToString(CultureInfo.InvariantCulture)));

    /// <summary>Keeps what ran.</summary>
    private sealed class Recorded : TaskKind
    {
        public const string KindName = "recorded";

        public ConcurrentBag<int> Runs { get; } = [];

        public Func<int, int, Task> Work { get; init; } = (_, _) => Task.CompletedTask;

        /// <summary>Takes the task out of the queue as part of the work; null: the engine does.</summary>
        public Func<ClaimedTask, Task>? TakeOut { get; init; }

        public override string Name => KindName;

        public override TimeSpan RetryAfter(int attempts) => TimeSpan.FromMilliseconds(20);

        public override async Task<TaskResult> RunAsync(ClaimedTask task, CancellationToken ct)
        {
            var number = int.Parse(task.Body, CultureInfo.InvariantCulture);
            Runs.Add(number);
            await Work(number, task.Attempts).WaitAsync(ct);
            if (TakeOut is null) return TaskResult.Done;
            await TakeOut(task);
            return TaskResult.Gone;
        }
    }
}
