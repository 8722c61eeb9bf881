using Belfry.Ingest.Http;
using Belfry.Ingest.Kafka;
using Belfry.Ingest.Outbox;
using Belfry.Mailboxes;
using Belfry.Mailboxes.Postgres;
using Belfry.Settings;

namespace Belfry.Ingest;

/// <summary>The ways in.</summary>
internal static class IngestServices
{
    /// <summary>HTTP always; Kafka, and the outbox in PostgreSQL, when there is a connection string for it.</summary>
    public static IServiceCollection AddIngest(this IServiceCollection services, IConfiguration configuration)
    {
        services.AddSingleton<IngestMetrics>();
        services.AddSingleton<PublishEndpoint>();
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
        services.AddSingleton<DeadLetterRelay>();
        services.AddHostedService(provider => provider.GetRequiredService<DeadLetterRelay>());
        services.AddHostedService<OffsetWatch>();
        services.AddHostedService<KafkaIngest>();
        return services;
    }

    /// <summary>The caller decides who may publish.</summary>
    public static IEndpointConventionBuilder MapIngest(this IEndpointRouteBuilder routes) =>
        routes.MapPost("/v1/events", static (HttpContext http, PublishEndpoint endpoint) => endpoint.HandleAsync(http));
}
