using System.Diagnostics.Metrics;
using System.Globalization;
using System.Text;
using Belfry.Contracts;
using Belfry.Mailboxes;
using Belfry.Mailboxes.Lanes;
using Belfry.Settings;
using Belfry.Tests.Mailboxes;
using Belfry.Work;
using Belfry.Work.Kinds;
using Belfry.Work.Topics;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;

namespace Belfry.Tests.Work;

public sealed class FanOutTests : IAsyncLifetime
{
    private const int Members = 1700;

    private readonly MemoryMailboxStore _store = new();
    private readonly AppendLanes _lanes;
    private readonly FanOut _fanOut;
    private readonly StoreMonitor _monitor;

    public FanOutTests()
    {
        var meters = new ServiceCollection().AddMetrics().BuildServiceProvider().GetRequiredService<IMeterFactory>();
        _monitor = new StoreMonitor(_store, new Readiness(), Options.Create(new MailboxesOptions()), TimeProvider.System, NullLogger<StoreMonitor>.Instance);
        _lanes = new AppendLanes(
            _store, _monitor, [], Options.Create(new LanesOptions()), new LaneMetrics(meters), TimeProvider.System, NullLogger<Lane>.Instance);
        _fanOut = new FanOut(_lanes, new Topic());
    }

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        await _monitor.BeatAsync(Cancelled);
        await _lanes.StartAsync(Cancelled);
    }

    public async ValueTask DisposeAsync()
    {
        await _lanes.StopAsync(CancellationToken.None);
        _lanes.Dispose();
        _monitor.Dispose();
    }

    [Fact]
    public async Task Its_chunks_are_stored_in_order_each_with_its_own_step()
    {
        Assert.Equal(TaskResult.Gone, await _fanOut.RunAsync(Task(progress: null), Cancelled));

        Assert.Equal([500, 500, 500, 200], _store.Appends.Select(batch => batch.Items.Count));
        Assert.Equal([Name(499), Name(999), Name(1499), null], _store.Appends.Select(batch => Assert.Single(batch.Steps).Progress));
        Assert.Equal(Enumerable.Range(0, Members).Select(Name), _store.Appends.SelectMany(batch => batch.Items).Select(item => item.UserId));
    }

    [Fact]
    public async Task It_goes_on_behind_the_last_chunk()
    {
        await _fanOut.RunAsync(Task(progress: Name(999)), Cancelled);

        Assert.Equal([500, 200], _store.Appends.Select(batch => batch.Items.Count));
        Assert.Equal(Name(1000), _store.Appends[0].Items[0].UserId);
    }

    [Fact]
    public async Task A_chunk_behind_one_that_was_lost_is_not_stored()
    {
        _store.Script.Enqueue(_ => null);
        _store.Script.Enqueue(batch => new AppendResult.TaskLost(batch.Steps[0]));

        Assert.Equal(TaskResult.Lost, await _fanOut.RunAsync(Task(progress: null), Cancelled));

        await _lanes.StopAsync(Cancelled);
        Assert.Equal(2, _store.Appends.Count);
    }

    private static ClaimedTask Task(string? progress)
    {
        var content = new DeferredEvent
        {
            Source = "tests",
            EventId = "e-1",
            EventType = "news",
            Priority = Priority.Low,
            EventTimestamp = new DateTime(2026, 11, 23, 10, 0, 0, DateTimeKind.Utc),
            Payload = Encoding.UTF8.GetBytes("{}"),
            Topic = "all",
        };
        return new ClaimedTask(7, FanOut.KindName, 1, Priority.Low, content.EventTimestamp, content.EventTimestamp, 0, 25, progress, content.ToBody());
    }

    private static string Name(int member) => string.Create(CultureInfo.InvariantCulture, $"user-{member:D4}");

    private sealed class Topic : ITopicStore
    {
        public Task<int> AddMembersAsync(string topic, IReadOnlyList<string> userIds, CancellationToken ct) => throw new NotSupportedException();

        public Task<int> RemoveMembersAsync(string topic, IReadOnlyList<string> userIds, CancellationToken ct) => throw new NotSupportedException();

        public Task<IReadOnlyList<string>> ReadMembersAsync(string topic, string? after, int max, CancellationToken ct) =>
            System.Threading.Tasks.Task.FromResult<IReadOnlyList<string>>(
                [.. Enumerable.Range(0, Members).Select(Name).Where(name => string.CompareOrdinal(name, after) > 0).Take(max)]);
    }
}
