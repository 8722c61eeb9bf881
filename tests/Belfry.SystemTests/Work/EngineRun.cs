using Belfry.Cluster;
using Belfry.Mailboxes;
using Belfry.Mailboxes.Postgres;
using Belfry.Servers;
using Belfry.SystemTests.Mailboxes;
using Belfry.Work;
using Belfry.Work.Postgres;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;

namespace Belfry.SystemTests.Work;

/// <summary>One engine on a PostgreSQL, with a kind of work of the test's own.</summary>
internal sealed class EngineRun : IAsyncDisposable
{
    private readonly ServiceProvider _services;
    private readonly WorkEngine _engine;
    private readonly PostgresMailboxStore _store;

    private EngineRun(PostgresMailboxStore store, TaskKind kind, WorkOptions options)
    {
        _store = store;
        Tasks = new PostgresTaskStore(store);
        var settings = Options.Create(options);
        var monitor = new StoreMonitor(
            store, new Belfry.Settings.Readiness(), Options.Create(new MailboxesOptions()), TimeProvider.System, NullLogger<StoreMonitor>.Instance);
        _services = new ServiceCollection()
            .AddMetrics()
            .AddSingleton<ITaskStore>(Tasks)
            .AddSingleton(settings)
            .AddSingleton(monitor)
            .AddSingleton(TimeProvider.System)
            .AddSingleton(kind)
            .AddLogging()
            .AddSingleton<TaskKinds>()
            .AddSingleton(new InstanceIdentity("tests"))
            .AddSingleton<TaskBoard>()
            .AddSingleton<TaskWakes>()
            .AddSingleton<WorkMetrics>()
            .AddSingleton<Pickers>()
            .AddSingleton<Workers>()
            .AddSingleton<Completions>()
            .AddSingleton<LeaseKeeper>()
            .AddSingleton<WorkEngine>()
            .BuildServiceProvider();
        _engine = _services.GetRequiredService<WorkEngine>();
        Monitor = monitor;
    }

    public ITaskStore Tasks { get; }

    private StoreMonitor Monitor { get; }

    public static async Task<EngineRun> StartAsync(string database, TaskKind kind, WorkOptions? options, CancellationToken ct)
    {
        var run = new EngineRun(new PostgresDatabase(database).CreateStore(), kind, options ?? new WorkOptions());
        await run.Monitor.BeatAsync(ct);
        await run._engine.StartAsync(ct);
        return run;
    }

    public Task AreDoneAsync(TaskCounts expected, CancellationToken ct) => Eventually.HoldsAsync(
        $"{expected}", async c => await Tasks.CountAsync(c) == expected, TimeSpan.FromSeconds(60), ct);

    /// <summary>Says that there is work, as an append does.</summary>
    public void Wake() => _services.GetRequiredService<TaskWakes>().Wake();

    public Task StopAsync() => _engine.StopAsync(CancellationToken.None);

    public async ValueTask DisposeAsync()
    {
        await StopAsync();
        await _services.DisposeAsync();
        await _store.DisposeAsync();
    }
}
