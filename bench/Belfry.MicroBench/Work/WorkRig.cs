using Belfry.Cluster;
using Belfry.Mailboxes;
using Belfry.Mailboxes.Postgres;
using Belfry.Settings;
using Belfry.Work;
using Belfry.Work.Postgres;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;

namespace Belfry.MicroBench.Work;

/// <summary>The work queue's engine on a PostgreSQL, with one kind of work that does nothing but count.</summary>
internal sealed class WorkRig : IAsyncDisposable
{
    private readonly ServiceProvider _services;
    private readonly PostgresMailboxStore _store;

    private WorkRig(PostgresMailboxStore store, CountedKind kind, WorkOptions options)
    {
        _store = store;
        Kind = kind;
        var monitor = new StoreMonitor(
            store, new Readiness(), Options.Create(new MailboxesOptions()), TimeProvider.System, NullLogger<StoreMonitor>.Instance);
        _services = new ServiceCollection()
            .AddMetrics()
            .AddLogging()
            .AddSingleton<ITaskStore>(new PostgresTaskStore(store))
            .AddSingleton(Options.Create(options))
            .AddSingleton(monitor)
            .AddSingleton(TimeProvider.System)
            .AddSingleton<TaskKind>(kind)
            .AddSingleton<TaskKinds>()
            .AddSingleton<TaskBoard>()
            .AddSingleton<TaskWakes>()
            .AddSingleton<WorkMetrics>()
            .AddSingleton(new InstanceIdentity("micro-bench"))
            .AddSingleton<Pickers>()
            .AddSingleton<Workers>()
            .AddSingleton<Completions>()
            .AddSingleton<LeaseKeeper>()
            .AddSingleton<WorkEngine>()
            .BuildServiceProvider();
    }

    public CountedKind Kind { get; }

    public ITaskStore Tasks => _services.GetRequiredService<ITaskStore>();

    public static async Task<WorkRig> OpenAsync(string connectionString, WorkOptions options, CancellationToken ct)
    {
        var connections = new PostgresConnections(connectionString, null, Options.Create(new PostgresOptions()), NullLoggerFactory.Instance);
        var store = new PostgresMailboxStore(connections, NullLogger<PostgresMailboxStore>.Instance);
        var rig = new WorkRig(store, new CountedKind(), options);
        await rig._services.GetRequiredService<StoreMonitor>().BeatAsync(ct);
        return rig;
    }

    /// <summary>The pickers and workers begin.</summary>
    public Task StartAsync(CancellationToken ct) => _services.GetRequiredService<WorkEngine>().StartAsync(ct);

    /// <summary>Says that there is work, as an append does that brings some.</summary>
    public void Wake() => _services.GetRequiredService<TaskWakes>().Wake();

    public async ValueTask DisposeAsync()
    {
        await _services.GetRequiredService<WorkEngine>().StopAsync(CancellationToken.None);
        await _services.DisposeAsync();
        await _store.DisposeAsync();
    }
}
