using Belfry.Hosting;
using Belfry.Hosting.Auth;
using Belfry.Hosting.Commands;
using Belfry.Hosting.Health;
using Belfry.Hosting.Listeners;
using Belfry.Hosting.Telemetry;
using Belfry.Ingest.Kafka;
using Belfry.Original.Consuming;
using Belfry.Original.Delivery;
using Belfry.Original.Push;
using Belfry.Original.Table;
using Belfry.Settings;
using Belfry.Streaming;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Options;
using Npgsql;

namespace Belfry.Original;

/// <summary>
/// The original, put together in Belfry's own host: the same settings, tokens, listeners and health, so that what differs is
/// the way of an event.
/// </summary>
internal static class OriginalHost
{
    /// <summary>A builder whose settings are all right; else a <see cref="CommandException"/> that names every error.</summary>
    public static WebApplicationBuilder CreateChecked(HostArguments arguments)
    {
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions { ContentRootPath = AppContext.BaseDirectory });
        builder.Configuration.AddSources(arguments);
        builder.AddBelfryLogging();
        builder.AddTelemetry();
        builder.AddHttp();

        var services = builder.Services;
        services.TryAddSingleton(TimeProvider.System);
        services.AddSettings<DataOptions>().AddSettings<ConnectionStrings>().AddSettings<StreamingOptions>().AddSettings<OriginalOptions>();
        services.AddSingleton<Readiness>().AddSingleton<Draining>().AddSingleton<OriginalMetrics>();
        services.AddAuth();
        services.AddTable().AddConsumer(builder.Configuration).AddDelivery().AddPush();
        StartChecks.Demand(builder);
        if (builder.Configuration.GetConnectionString("Postgres") is null)
        {
            throw new CommandException("ConnectionStrings__Postgres is not set: the original keeps its rows in PostgreSQL.", CommandLine.WrongUsage);
        }

        return builder;
    }

    public static async Task<WebApplication> StartAsync(WebApplicationBuilder builder, CancellationToken ct)
    {
        var app = builder.Build();
        app.UseHttp();
        app.MapHealth();
        app.MapGet("/v1/stream", static (HttpContext http, PushEndpoint endpoint) => endpoint.HandleAsync(http))
            .RequireAuthorization(Policies.User)
            .DisableHttpMetrics();
        app.MapGroup("").WithMetadata(ListenerMark.Admin).RequireAuthorization(Policies.Operator).MapTelemetry();

        await app.Services.GetRequiredService<NotificationTable>().CreateAsync(ct);
        app.Services.GetRequiredService<Draining>();
        app.Services.GetRequiredService<Readiness>().Report("store", ready: true, detail: null);
        await app.StartAsync(ct);
        return app;
    }

    private static IServiceCollection AddTable(this IServiceCollection services)
    {
        services.AddSingleton(provider => TableConnections.Open(
            provider.GetRequiredService<IOptions<ConnectionStrings>>().Value.Postgres!, provider.GetRequiredService<IOptions<OriginalOptions>>().Value));
        services.AddSingleton(provider => new NotificationTable(
            provider.GetRequiredService<NpgsqlDataSource>(), provider.GetRequiredService<IOptions<OriginalOptions>>().Value.AsPublished));
        return services;
    }

    private static IServiceCollection AddConsumer(this IServiceCollection services, IConfiguration configuration)
    {
        services.AddSettings<KafkaOptions>();
        if (string.IsNullOrEmpty(configuration.GetConnectionString("Kafka"))) return services;
        services.AddSingleton<KafkaMetrics>().AddSingleton<KafkaLink>().AddSingleton<RecordQueue>();
        // Services stop in the opposite order: the reader waits for what it has handed on.
        services.AddHostedService<BatchConsumer>();
        services.AddHostedService<KafkaFeed>();
        return services;
    }

    private static IServiceCollection AddDelivery(this IServiceCollection services)
    {
        services.AddSingleton<ClaimedRows>().AddSingleton<InstanceId>();
        services.AddSingleton<Completion>();
        services.AddHostedService(provider => provider.GetRequiredService<Completion>());
        services.AddHostedService<DeliveryWorkers>();
        services.AddHostedService<TaskPickers>();
        services.AddHostedService<ReclaimLoop>();
        return services;
    }

    private static void AddPush(this IServiceCollection services)
    {
        services.AddSingleton<PushEndpoint>();
        services.AddSingleton<PushConnections>();
        services.AddHostedService(provider => provider.GetRequiredService<PushConnections>());
    }
}
