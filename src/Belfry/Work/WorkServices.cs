using Belfry.Mailboxes;
using Belfry.Mailboxes.Lanes;
using Belfry.Mailboxes.Postgres;
using Belfry.Mailboxes.Sqlite;
using Belfry.Settings;
using Belfry.Work.Kinds;
using Belfry.Work.Postgres;
using Belfry.Work.Sqlite;
using Belfry.Work.Topics;
using Belfry.Work.Trace;
using Belfry.Work.Webhooks;

namespace Belfry.Work;

/// <summary>The queue's part of the program.</summary>
internal static class WorkServices
{
    public static IServiceCollection AddWork(this IServiceCollection services)
    {
        services.AddSettings<WorkOptions>();
        services.AddSingleton<ITaskStore>(provider => provider.GetRequiredService<IMailboxStore>() switch
        {
            PostgresMailboxStore postgres => new PostgresTaskStore(postgres),
            SqliteMailboxStore sqlite => new SqliteTaskStore(sqlite),
            var other => throw new InvalidOperationException($"There is no queue for {other.GetType().Name}."),
        });
        services.AddSingleton<ITopicStore>(provider => provider.GetRequiredService<IMailboxStore>() switch
        {
            PostgresMailboxStore postgres => new PostgresTopicStore(postgres),
            SqliteMailboxStore sqlite => new SqliteTopicStore(sqlite),
            var other => throw new InvalidOperationException($"There are no topics for {other.GetType().Name}."),
        });
        services.AddSingleton<ITraceStore>(provider => provider.GetRequiredService<IMailboxStore>() switch
        {
            PostgresMailboxStore postgres => new PostgresTraceStore(postgres),
            SqliteMailboxStore sqlite => new SqliteTraceStore(sqlite),
            var other => throw new InvalidOperationException($"There is no trace for {other.GetType().Name}."),
        });
        services.AddNamedSettings<WebhookOptions>();
        services.AddSingleton<IWebhookStore>(provider => provider.GetRequiredService<IMailboxStore>() switch
        {
            PostgresMailboxStore postgres => new PostgresWebhookStore(postgres, provider.GetRequiredService<TimeProvider>()),
            SqliteMailboxStore sqlite => new SqliteWebhookStore(sqlite),
            var other => throw new InvalidOperationException($"There are no webhooks for {other.GetType().Name}."),
        });

        // Other features may add kinds of their own, where they are set up.
        foreach (var kind in typeof(TaskKind).Assembly.GetTypes().Where(type => type.Namespace == typeof(FanOut).Namespace && type.IsSubclassOf(typeof(TaskKind))))
        {
            services.AddSingleton(typeof(TaskKind), kind);
        }

        services.AddSingleton<TaskWakes>();
        services.AddSingleton<IStoredBatchListener>(provider => provider.GetRequiredService<TaskWakes>());
        services.AddSingleton<TaskKinds>();
        services.AddSingleton<TaskBoard>();
        services.AddSingleton<WorkMetrics>();
        services.AddSingleton<Pickers>();
        services.AddSingleton<Workers>();
        services.AddSingleton<Completions>();
        services.AddSingleton<LeaseKeeper>();
        services.AddSingleton<TopicEndpoints>();
        services.AddSingleton<EventTracer>();
        services.AddSingleton<TraceEndpoints>();
        services.AddHostedService<WorkEngine>();
        services.AddSingleton<WebhookMetrics>();
        services.AddHostedService<EndpointQueues>();
        return services;
    }

    /// <summary>The caller decides who may change topics.</summary>
    public static IEndpointConventionBuilder MapTopics(this IEndpointRouteBuilder routes)
    {
        var members = routes.MapGroup("/v1/topics/{topic}/members");
        members.MapGet("", static (HttpContext http, TopicEndpoints endpoints) => endpoints.GetAsync(http));
        members.MapPost("", static (HttpContext http, TopicEndpoints endpoints) => endpoints.PostAsync(http));
        members.MapPut("{user}", static (HttpContext http, TopicEndpoints endpoints) => endpoints.PutAsync(http));
        members.MapDelete("{user}", static (HttpContext http, TopicEndpoints endpoints) => endpoints.DeleteAsync(http));
        return members;
    }

    /// <summary>For the admin listener.</summary>
    public static void MapTrace(this IEndpointRouteBuilder routes) =>
        routes.MapGet("/v1/admin/events/{source}/{id}", static (HttpContext http, TraceEndpoints endpoints) => endpoints.GetAsync(http));
}
