using System.Diagnostics.Metrics;
using Belfry.Contracts;
using Belfry.Mailboxes;
using Belfry.Mailboxes.Lanes;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;

namespace Belfry.Tests.Mailboxes;

/// <summary>One lane over a store in memory, with a clock that a test moves and everything that the lane tells anybody.</summary>
internal sealed class LaneWorld : ILaneItemOwner, IStoredBatchListener
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    public LaneWorld(LanesOptions? options = null)
    {
        var meters = new ServiceCollection().AddMetrics().BuildServiceProvider().GetRequiredService<IMeterFactory>();
        Lane = new Lane(0, Store, [this], options ?? new LanesOptions(), new LaneMetrics(meters), Time, NullLogger.Instance);
    }

    public MemoryMailboxStore Store { get; } = new();

    public FakeTimeProvider Time { get; } = new();

    public Lane Lane { get; }

    public List<LaneItem> Finished { get; } = [];

    public List<StoredBatch> HandedOver { get; } = [];

    public LaneItem Item(string user, string? id = null, Priority priority = Priority.Medium) => new(Event(user, id, priority), this, 0);

    public LaneItem Item(string user, TestLease lease, long offset, int place = 0, bool endsSource = true) =>
        new(Event(user, $"{lease.Partition.Topic}/{offset}", Priority.Medium), this, Record(lease, offset), place, endsSource);

    public LaneItem Poison(TestLease lease, long offset) => new(this, Record(lease, offset), "poison");

    public bool Add(params LaneItem[] items) => Lane.Queue.TryAdd(items, express: false);

    /// <summary>Stores these, letting the clock run on whenever the lane waits for it.</summary>
    public async Task StoreAsync(params LaneItem[] items) => await RunAsync(Lane.StoreAsync([.. items], TestContext.Current.CancellationToken));

    /// <summary>Waits for something that waits for the clock.</summary>
    public async Task RunAsync(Task task)
    {
        for (var begin = TimeProvider.System.GetTimestamp(); !task.IsCompleted; await Task.Yield())
        {
            Time.Advance(TimeSpan.FromSeconds(1));
            Assert.True(TimeProvider.System.GetElapsedTime(begin) < Patience, "It still waits.");
        }

        await task;
    }

    void ILaneItemOwner.Finished(LaneItem item) => Finished.Add(item);

    public ValueTask StoredAsync(StoredBatch batch, CancellationToken ct)
    {
        HandedOver.Add(batch);
        return ValueTask.CompletedTask;
    }

    private static LaneRecord Record(TestLease lease, long offset) => new(lease, offset, [1], [2, (byte)offset]);

    private static NewNotification Event(string user, string? id, Priority priority)
    {
        var content = MemoryMailboxStore.Event(user, id: id);
        return new NewNotification
        {
            UserId = user,
            Source = content.Source,
            EventId = content.EventId,
            EventKey = content.EventKey,
            NotificationId = content.NotificationId,
            EventType = content.EventType,
            Priority = priority,
            EventTimestamp = content.EventTimestamp,
            Payload = content.Payload,
        };
    }
}

/// <summary>A hold on partition 0 of a topic.</summary>
internal sealed class TestLease(string topic = "events") : IKafkaLease
{
    public PartitionKey Partition { get; } = new("default", "group", topic, 0);

    public long Expected { get; set; } = -1;

    public bool IsHeld { get; set; } = true;

    public bool WasFenced { get; private set; }

    public void Fenced()
    {
        WasFenced = true;
        IsHeld = false;
    }
}
