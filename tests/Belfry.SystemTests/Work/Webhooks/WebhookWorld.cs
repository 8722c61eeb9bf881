using System.Collections.Concurrent;
using Belfry.Cluster;
using Belfry.Mailboxes;
using Belfry.Settings;
using Belfry.Work;
using Belfry.Work.Webhooks;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Belfry.SystemTests.Work.Webhooks;

/// <summary>Endpoints at work on a store, as the service puts them together.</summary>
internal sealed class WebhookWorld : IAsyncDisposable
{
    private readonly ServiceProvider _services;
    private readonly EndpointQueues _queues;

    private WebhookWorld(ServiceProvider services)
    {
        _services = services;
        _queues = ActivatorUtilities.CreateInstance<EndpointQueues>(services);
        services.GetRequiredService<Presence>().Watch(Connected.ContainsKey, () => Connected.Keys, () => Connected.Count);
    }

    /// <summary>Users who have a stream open.</summary>
    public ConcurrentDictionary<string, bool> Connected { get; } = new();

    public static async Task<WebhookWorld> StartAsync(
        IMailboxStore mailboxes, ITaskStore tasks, IWebhookStore webhooks, ILoggerProvider log, CancellationToken ct, params (string Name, WebhookOptions Options)[] endpoints)
    {
        var monitor = new StoreMonitor(
            mailboxes, new Readiness(), Options.Create(new MailboxesOptions()), TimeProvider.System, new LoggerFactory().CreateLogger<StoreMonitor>());
        var world = new WebhookWorld(new ServiceCollection()
            .AddMetrics()
            .AddLogging(logging => logging.AddProvider(log).SetMinimumLevel(LogLevel.Debug))
            .AddSingleton(TimeProvider.System)
            .AddSingleton(monitor)
            .AddSingleton(tasks)
            .AddSingleton(webhooks)
            .AddSingleton(Options.Create(new WorkOptions()))
            .AddSingleton(new NamedSettings<WebhookOptions>(endpoints.ToDictionary(e => e.Name, e => e.Options)))
            .AddSingleton<TaskWakes>()
            .AddSingleton(new InstanceIdentity("tests"))
            .AddSingleton(Options.Create(new ClusterOptions()))
            .AddSingleton(services => new Presence(services.GetRequiredService<InstanceIdentity>(), services.GetRequiredService<IOptions<ClusterOptions>>()))
            .AddSingleton<TaskBoard>()
            .AddSingleton<WorkMetrics>()
            .AddSingleton<WebhookMetrics>()
            .BuildServiceProvider());
        await monitor.BeatAsync(ct);
        await world._queues.StartAsync(ct);
        return world;
    }

    public async ValueTask DisposeAsync()
    {
        await _queues.StopAsync(CancellationToken.None);
        _queues.Dispose();
        await _services.DisposeAsync();
    }
}
