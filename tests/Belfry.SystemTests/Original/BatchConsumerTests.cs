using System.Text;
using Belfry.Ingest.Kafka;
using Belfry.Original;
using Belfry.Original.Consuming;
using Belfry.Servers;
using Confluent.Kafka;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using Xunit;

namespace Belfry.SystemTests.Original;

public sealed class BatchConsumerTests(SharedPostgres shared)
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan Never = TimeSpan.FromMinutes(1);

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Repaired_what_is_read_is_inserted_when_the_wait_is_over_and_only_then_done()
    {
        await using var run = await ConsumerRun.StartAsync(shared, new OriginalOptions());

        await run.PublishAsync(Event(Guid.CreateVersion7(), "user-1"), Event(Guid.CreateVersion7(), "user-2"));

        await run.DoneAsync(2);
        Assert.Equal(2, await run.Database.CountAsync("status = 'not_pushed' AND priority = 'HIGH' AND payload = '{\"n\": 7}'"));
    }

    [Fact]
    public async Task Repaired_a_full_batch_waits_for_nothing_and_is_one_transaction()
    {
        await using var run = await ConsumerRun.StartAsync(shared, new OriginalOptions { BatchSize = 3, BatchWait = Never });

        await run.PublishAsync(Event(Guid.CreateVersion7()), Event(Guid.CreateVersion7()), Event(Guid.CreateVersion7()));

        await run.DoneAsync(3);
        Assert.Equal(1, await run.Database.ReadAsync<long>("SELECT count(DISTINCT xmin::text) FROM notifications"));
    }

    [Fact]
    public async Task Repaired_the_event_s_own_id_names_the_row_so_that_a_redelivery_is_the_same_row()
    {
        await using var run = await ConsumerRun.StartAsync(shared, new OriginalOptions());
        var id = Guid.CreateVersion7();

        await run.PublishAsync(Event(id));
        await run.DoneAsync(1);
        await run.PublishAsync(Event(id));
        await run.DoneAsync(2);

        Assert.Equal(id, await run.Database.ReadAsync<Guid>("SELECT notification_id FROM notifications"));
    }

    [Fact]
    public async Task Repaired_rows_that_could_not_be_inserted_are_not_done_and_are_tried_until_they_can()
    {
        await using var run = await ConsumerRun.StartAsync(shared, new OriginalOptions());
        await run.Database.ExecuteAsync("ALTER TABLE notifications RENAME TO hidden");

        await run.PublishAsync(Event(Guid.CreateVersion7()));
        await run.Log.FailedAsync();
        Assert.Null(run.Partition.Done);

        await run.Database.ExecuteAsync("ALTER TABLE hidden RENAME TO notifications");
        await run.DoneAsync(1);
        Assert.Equal(1, await run.Database.CountAsync("true"));
    }

    [Fact]
    public async Task As_published_rows_that_could_not_be_inserted_are_done_and_lost()
    {
        await using var run = await ConsumerRun.StartAsync(shared, new OriginalOptions { AsPublished = true, BatchSize = 1 });
        await run.Database.ExecuteAsync("ALTER TABLE notifications RENAME TO hidden");

        await run.PublishAsync(Event(Guid.CreateVersion7()));
        await run.Log.FailedAsync();
        await run.DoneAsync(1);

        await run.Database.ExecuteAsync("ALTER TABLE hidden RENAME TO notifications");
        await run.PublishAsync(Event(Guid.CreateVersion7(), "next"));
        await run.DoneAsync(2);
        await Eventually.HoldsAsync("the next row is there", async _ => await run.Database.CountAsync("user_id = 'next'") == 1, Patience, Cancelled);
        Assert.Equal(1, await run.Database.CountAsync("true"));
    }

    [Fact]
    public async Task As_published_a_redelivery_is_a_second_row_and_each_row_a_transaction()
    {
        await using var run = await ConsumerRun.StartAsync(shared, new OriginalOptions { AsPublished = true, BatchSize = 2 });
        var id = Guid.CreateVersion7();

        await run.PublishAsync(Event(id), Event(id));

        await Eventually.HoldsAsync("both rows are there", async _ => await run.Database.CountAsync("true") == 2, Patience, Cancelled);
        Assert.Equal(2, await run.Database.ReadAsync<long>("SELECT count(DISTINCT xmin::text) FROM notifications"));
        Assert.Equal(0, await run.Database.CountAsync($"notification_id = '{id}'"));
    }

    [Fact]
    public async Task A_record_that_is_no_event_is_passed_over_and_its_neighbours_are_inserted()
    {
        await using var run = await ConsumerRun.StartAsync(shared, new OriginalOptions());

        await run.PublishAsync(Event(Guid.CreateVersion7(), "a"), "no JSON", Event(Guid.CreateVersion7(), "b"));

        await run.DoneAsync(3);
        Assert.Equal(2, await run.Database.CountAsync("user_id IN ('a', 'b')"));
    }

    [Fact]
    public async Task Repaired_a_partition_that_goes_is_waited_for_until_what_was_read_of_it_is_inserted()
    {
        await using var run = await ConsumerRun.StartAsync(shared, new OriginalOptions());
        await run.PublishAsync([.. Enumerable.Range(0, 250).Select(_ => Event(Guid.CreateVersion7()))]);

        await run.Partition.DrainAsync().WaitAsync(Patience, Cancelled);

        Assert.Equal(250, run.Partition.Done);
        Assert.Equal(250, await run.Database.CountAsync("true"));
    }

    [Fact]
    public async Task A_consumer_that_cannot_insert_takes_no_more_than_its_queue_holds()
    {
        await using var run = await ConsumerRun.StartAsync(shared, new OriginalOptions());
        await run.Database.ExecuteAsync("ALTER TABLE notifications RENAME TO hidden");

        // The queue's thousand, and the hundred of the batch that cannot be inserted.
        await run.PublishAsync([.. Enumerable.Range(0, 1100).Select(_ => Event(Guid.CreateVersion7()))]);
        Assert.False(run.Partition.HasRoom);
        var room = run.Partition.Room;

        await run.Database.ExecuteAsync("ALTER TABLE hidden RENAME TO notifications");
        await room.WaitAsync(Patience, Cancelled);
        await run.DoneAsync(1100);
    }

    private static string Event(Guid id, string user = "user-1") =>
        $$"""{"payload":{"n":7},"id":"{{id}}","source":"job","user_id":"{{user}}","event_type":"job.posted","priority":"HIGH"}""";

    /// <summary>A running consumer whose records come from the test.</summary>
    private sealed class ConsumerRun : IAsyncDisposable
    {
        private readonly ServiceProvider _services;
        private readonly BatchConsumer _consumer;
        private long _offset;

        private ConsumerRun(OriginalDatabase database, OriginalOptions options)
        {
            Database = database;
            _services = new ServiceCollection().AddMetrics().BuildServiceProvider();
            var queue = new RecordQueue(Options.Create(options));
            Partition = queue.Open(new TopicPartition("events", 3));
            var metrics = new OriginalMetrics(_services.GetRequiredService<System.Diagnostics.Metrics.IMeterFactory>());
            _consumer = new BatchConsumer(database.Table, queue, metrics, Options.Create(options), TimeProvider.System, Log);
        }

        public OriginalDatabase Database { get; }

        public IPartitionSink Partition { get; }

        public FailureLog<BatchConsumer> Log { get; } = new();

        public static async Task<ConsumerRun> StartAsync(SharedPostgres shared, OriginalOptions options)
        {
            var run = new ConsumerRun(await OriginalDatabase.CreateAsync(shared, options.AsPublished), options);
            await run._consumer.StartAsync(Cancelled);
            return run;
        }

        public async Task PublishAsync(params string[] records)
        {
            foreach (var record in records)
            {
                var result = Next(record);
                while (!Partition.TryTake(result)) await Partition.Room.WaitAsync(Patience, Cancelled);
            }
        }

        private ConsumeResult<byte[], byte[]> Next(string record) => new()
        {
            Topic = "events",
            Partition = 3,
            Offset = _offset++,
            Message = new Message<byte[], byte[]> { Key = [], Value = Encoding.UTF8.GetBytes(record) },
        };

        public Task DoneAsync(long next) =>
            Eventually.HoldsAsync($"offset {next} is reached", () => Partition.Done == next, Patience, Cancelled);

        public async ValueTask DisposeAsync()
        {
            await _consumer.StopAsync(CancellationToken.None);
            _consumer.Dispose();
            await _services.DisposeAsync();
            await Database.DisposeAsync();
        }
    }
}
