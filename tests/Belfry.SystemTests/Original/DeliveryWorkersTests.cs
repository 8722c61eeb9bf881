using System.IO.Pipelines;
using System.Text;
using Belfry.Contracts;
using Belfry.Original;
using Belfry.Original.Delivery;
using Belfry.Original.Push;
using Belfry.Original.Table;
using Belfry.Servers;
using Belfry.Streaming;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using Xunit;

namespace Belfry.SystemTests.Original;

public sealed class DeliveryWorkersTests(SharedPostgres shared)
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task What_was_pushed_is_delivered_and_what_nobody_was_there_for_has_failed(bool asPublished)
    {
        await using var run = await DeliveryRun.StartAsync(shared, new OriginalOptions { AsPublished = asPublished });
        run.Connect("here");
        await run.InsertAsync("here", "away");

        await run.DeliverAsync();

        await run.StatusAsync("here", NotificationStatus.Delivered);
        await run.StatusAsync("away", NotificationStatus.Failed);
    }

    [Fact]
    public async Task Every_connection_of_the_user_gets_the_notification_and_nobody_else_s_does()
    {
        await using var run = await DeliveryRun.StartAsync(shared, new OriginalOptions());
        var (one, two, other) = (run.Connect("me"), run.Connect("me"), run.Connect("you"));
        await run.InsertAsync("me");

        await run.DeliverAsync();
        await run.StatusAsync("me", NotificationStatus.Delivered);

        Assert.Contains("\"user_id\":\"me\"", await ReadAllAsync(one), StringComparison.Ordinal);
        Assert.Contains("\"user_id\":\"me\"", await ReadAllAsync(two), StringComparison.Ordinal);
        Assert.DoesNotContain("notification", await ReadAllAsync(other), StringComparison.Ordinal);
    }

    [Fact]
    public async Task As_published_a_full_connection_drops_and_the_row_counts_as_delivered()
    {
        await using var run = await DeliveryRun.StartAsync(shared, new OriginalOptions { AsPublished = true, ConnectionBuffer = 1 });
        var connection = run.Connect("me");
        await run.InsertAsync("me", "me");

        await run.DeliverAsync();

        Assert.Equal(2, await run.Database.CountAsync("status = 'delivered'"));
        Assert.Single((await ReadAllAsync(connection)).Split("event: notification")[1..]);
    }

    [Fact]
    public async Task Repaired_a_connection_that_stays_full_leaves_the_row_to_the_reclaim()
    {
        await using var run = await DeliveryRun.StartAsync(
            shared, new OriginalOptions { ConnectionBuffer = 1, PushPatience = TimeSpan.FromMilliseconds(20), Lease = TimeSpan.FromMilliseconds(100) });
        run.Connect("me");
        await run.InsertAsync("me", "me");

        await run.DeliverAsync();
        await run.StatusAsync("me", NotificationStatus.Delivered, rows: 1);

        await Eventually.HoldsAsync(
            "the other row is given back", async _ => await run.Database.Table.ReclaimAsync(Cancelled) == 1, Patience, Cancelled);
    }

    [Fact]
    public async Task Repaired_a_worker_waits_for_a_connection_that_is_slow()
    {
        await using var run = await DeliveryRun.StartAsync(shared, new OriginalOptions { ConnectionBuffer = 1, PushPatience = Patience });
        var connection = run.Connect("me");
        await run.InsertAsync("me", "me");

        var delivering = run.DeliverAsync();
        await run.StatusAsync("me", NotificationStatus.Delivered, rows: 1);
        Assert.False(delivering.IsCompleted);
        var reading = ReadAsync(connection, until: 2);

        await delivering;
        await run.StatusAsync("me", NotificationStatus.Delivered, rows: 2);
        await reading;
        connection.End();
    }

    /// <summary>Runs a connection that has ended to its end; the answer is all that it wrote.</summary>
    private static Task<string> ReadAllAsync(PushConnection connection)
    {
        connection.End();
        return ReadAsync(connection, until: int.MaxValue);
    }

    private static async Task<string> ReadAsync(PushConnection connection, int until)
    {
        var pipe = new Pipe(new PipeOptions(pauseWriterThreshold: 0));
        var writing = connection.RunAsync(pipe.Writer, new Cursor(PushEndpoint.Epoch, 0), TimeSpan.FromSeconds(2), Cancelled);
        _ = writing.ContinueWith(_ => pipe.Writer.Complete(), Cancelled, TaskContinuationOptions.None, TaskScheduler.Default);
        var text = new StringBuilder();
        while (true)
        {
            var read = await pipe.Reader.ReadAsync(Cancelled).AsTask().WaitAsync(Patience, Cancelled);
            text.Append(Encoding.UTF8.GetString(read.Buffer));
            pipe.Reader.AdvanceTo(read.Buffer.End);
            if (read.IsCompleted || text.ToString().Split("event: notification").Length > until) return text.ToString();
        }
    }

    /// <summary>Workers and the completion, without the loops around them.</summary>
    private sealed class DeliveryRun : IAsyncDisposable
    {
        private readonly ServiceProvider _services = new ServiceCollection().AddMetrics().BuildServiceProvider();
        private readonly PushConnections _connections = new(Options.Create(new StreamingOptions()), TimeProvider.System);
        private readonly OriginalOptions _options;
        private readonly ClaimedRows _rows;
        private readonly Completion _completion;
        private readonly TaskPickers _pickers;
        private readonly DeliveryWorkers _workers;

        private DeliveryRun(OriginalDatabase database, OriginalOptions options)
        {
            Database = database;
            _options = options;
            var wrapped = Options.Create(options);
            var metrics = new OriginalMetrics(_services.GetRequiredService<System.Diagnostics.Metrics.IMeterFactory>());
            _rows = new ClaimedRows(wrapped);
            _completion = new Completion(database.Table, metrics, wrapped, TimeProvider.System, NullLogger<Completion>.Instance);
            _pickers = new TaskPickers(database.Table, _rows, new InstanceId(), metrics, wrapped, TimeProvider.System, NullLogger<TaskPickers>.Instance);
            _workers = new DeliveryWorkers(_rows, _connections, _completion, metrics, wrapped, TimeProvider.System);
        }

        public OriginalDatabase Database { get; }

        public static async Task<DeliveryRun> StartAsync(SharedPostgres shared, OriginalOptions options)
        {
            var run = new DeliveryRun(await OriginalDatabase.CreateAsync(shared, options.AsPublished), options);
            await run._completion.StartAsync(Cancelled);
            return run;
        }

        public PushConnection Connect(string user)
        {
            var connection = new PushConnection(user, _options.ConnectionBuffer);
            _connections.Add(connection);
            return connection;
        }

        public async Task InsertAsync(params string[] users)
        {
            foreach (var user in users) await Database.Table.InsertAsync(OriginalDatabase.Row(user), Cancelled);
        }

        /// <summary>One pick, and one worker that takes all of it, row by row.</summary>
        public async Task DeliverAsync()
        {
            await _pickers.PickAsync(Cancelled);
            while (_rows.Reader.TryRead(out var row)) await _workers.DeliverAsync(row, Cancelled);
        }

        public Task StatusAsync(string user, string status, int rows = 1) => Eventually.HoldsAsync(
            $"{rows} rows of {user} are {status}",
            async _ => await Database.CountAsync($"user_id = '{user}' AND status = '{status}'") == rows,
            Patience,
            Cancelled);

        public async ValueTask DisposeAsync()
        {
            await _completion.StopAsync(CancellationToken.None);
            _completion.Dispose();
            _connections.Dispose();
            _workers.Dispose();
            _pickers.Dispose();
            await _services.DisposeAsync();
            await Database.DisposeAsync();
        }
    }
}
