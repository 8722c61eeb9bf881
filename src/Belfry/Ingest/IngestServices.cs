using Belfry.Ingest.Http;

namespace Belfry.Ingest;

/// <summary>The ways in.</summary>
internal static class IngestServices
{
    public static IServiceCollection AddIngest(this IServiceCollection services)
    {
        services.AddSingleton<IngestMetrics>();
        services.AddSingleton<PublishEndpoint>();
        return services;
    }

    /// <summary>The caller decides who may publish.</summary>
    public static IEndpointConventionBuilder MapIngest(this IEndpointRouteBuilder routes) =>
        routes.MapPost("/v1/events", static (HttpContext http, PublishEndpoint endpoint) => endpoint.HandleAsync(http));
}
