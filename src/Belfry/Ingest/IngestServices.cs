using Belfry.Http;
using Belfry.Ingest.DeadLetters;
using Belfry.Ingest.Http;
using Belfry.Ingest.Kafka;
using Belfry.Ingest.Outbox;
using Belfry.Mailboxes;
using Belfry.Mailboxes.Postgres;
using Belfry.Settings;
using Belfry.Work;

namespace Belfry.Ingest;

/// <summary>The ways in.</summary>
internal static class IngestServices
{
    /// <summary>HTTP always; Kafka, and the outbox in PostgreSQL, when there is a connection string for it.</summary>
    public static IServiceCollection AddIngest(this IServiceCollection services, IConfiguration configuration)
    {
        services.AddSingleton<IngestMetrics>();
        services.AddSingleton<PublishEndpoint>();
        services.AddSingleton<DeadLetterDesk>();
        services.AddSingleton<DeadLetterEndpoints>();
        if (!string.IsNullOrEmpty(configuration.GetConnectionString("Postgres")))
        {
            services.AddSingleton(provider => new PostgresOutbox((PostgresMailboxStore)provider.GetRequiredService<IMailboxStore>()));
            services.AddHostedService<OutboxReader>();
        }

        services.AddSettings<KafkaOptions>();
        if (string.IsNullOrEmpty(configuration.GetConnectionString("Kafka"))) return services;
        services.AddSingleton<KafkaMetrics>();
        services.AddSingleton<KafkaLink>();
        services.AddSingleton<LaneSink>();
        services.AddSingleton<TaskKind, DeadLetterRelay>();
        services.AddSingleton<DeadLetterWatch>();
        services.AddHostedService(provider => provider.GetRequiredService<DeadLetterWatch>());
        services.AddHostedService<OffsetWatch>();
        services.AddHostedService<KafkaIngest>();
        return services;
    }

    /// <summary>The caller decides who may publish.</summary>
    public static IEndpointConventionBuilder MapIngest(this IEndpointRouteBuilder routes) =>
        routes.MapPost("/v1/events", static (HttpContext http, PublishEndpoint endpoint) => endpoint.HandleAsync(http)).Compress();

    /// <summary>For the admin listener.</summary>
    public static void MapDeadLetters(this IEndpointRouteBuilder routes)
    {
        var letters = routes.MapGroup("/v1/admin/deadletters");
        letters.MapGet("", static (HttpContext http, DeadLetterEndpoints endpoints) => endpoints.ListAsync(http));
        letters.MapPost("retry", static (HttpContext http, DeadLetterEndpoints endpoints) => endpoints.RetryManyAsync(http));
        letters.MapPost("drop", static (HttpContext http, DeadLetterEndpoints endpoints) => endpoints.DropManyAsync(http));
        letters.MapGet("{id}", static (HttpContext http, string id, DeadLetterEndpoints endpoints) => endpoints.GetAsync(http, id));
        letters.MapDelete("{id}", static (HttpContext http, string id, DeadLetterEndpoints endpoints) => endpoints.DeleteAsync(http, id));
        letters.MapPost("{id}/retry", static (HttpContext http, string id, DeadLetterEndpoints endpoints) => endpoints.RetryAsync(http, id));
    }
}
