using Belfry.Mailboxes.Lanes;
using Belfry.Mailboxes.Marks;
using Belfry.Settings;

namespace Belfry.Streaming;

/// <summary>The streams' part of the program.</summary>
internal static class StreamingServices
{
    public static IServiceCollection AddStreaming(this IServiceCollection services)
    {
        services.AddSettings<StreamingOptions>();
        services.AddSingleton<StreamMetrics>();
        services.AddSingleton<DeliveredTracker>();
        services.AddSingleton<StreamContext>();
        services.AddSingleton<StreamLimits>();
        services.AddSingleton<StreamEndpoint>();
        services.AddSingleton<PollEndpoint>();
        services.AddSingleton<AckEndpoint>();
        services.AddSingleton<Laggards>();
        services.AddSingleton<Hub>();
        services.AddSingleton<IStoredBatchListener>(provider => provider.GetRequiredService<Hub>());
        services.AddSingleton<IInboxListener>(provider => provider.GetRequiredService<Hub>());
        services.AddHostedService(provider => provider.GetRequiredService<Hub>());
        services.AddHostedService<LogReader>();
        services.AddHostedService<StateFollower>();
        services.AddHostedService<StreamSweep>();
        return services;
    }

    /// <summary>The caller decides who may have a stream.</summary>
    public static IEndpointConventionBuilder MapStreaming(this IEndpointRouteBuilder routes) =>
        routes.MapGet("/v1/stream", static (HttpContext http, StreamEndpoint endpoint) => endpoint.HandleAsync(http));

    /// <summary>For the same callers.</summary>
    public static IEndpointConventionBuilder MapAcknowledgements(this IEndpointRouteBuilder routes) =>
        routes.MapPost("/v1/stream/ack", static (HttpContext http, AckEndpoint endpoint) => endpoint.HandleAsync(http));
}
