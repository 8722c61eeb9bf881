using Belfry.Hosting.Listeners;
using Npgsql;
using OpenTelemetry.Metrics;
using OpenTelemetry.Resources;
using OpenTelemetry.Trace;

namespace Belfry.Hosting.Telemetry;

/// <summary>Metrics for Prometheus on the admin listener; with an OTLP endpoint, metrics and traces to there too.</summary>
internal static class TelemetryServices
{
    /// <summary>The name of our meters and of our activity source.</summary>
    private const string Name = "Belfry";

    // OpenTelemetry's own setting; unset, no trace is even begun.
    private const string OtlpEndpoint = "OTEL_EXPORTER_OTLP_ENDPOINT";

    public static void AddTelemetry(this WebApplicationBuilder builder)
    {
        var exported = !string.IsNullOrEmpty(builder.Configuration[OtlpEndpoint]);
        builder.Services.AddMetrics();
        builder.Services.AddSingleton<ProcessMetrics>();
        builder.Services.AddSingleton<Profiler>();

        var telemetry = builder.Services.AddOpenTelemetry().ConfigureResource(resource => resource.AddService("belfry", serviceVersion: BuildInfo.Version));
        telemetry.WithMetrics(metrics =>
        {
            metrics
                .AddMeter(Name, "Microsoft.AspNetCore.Hosting", "Microsoft.AspNetCore.Server.Kestrel", "System.Runtime", "Npgsql")
                .AddPrometheusExporter();
            if (exported) metrics.AddOtlpExporter();
        });
        if (!exported) return;

        telemetry.WithTracing(traces => traces
            .AddSource(Name)
            .AddNpgsql()
            .AddAspNetCoreInstrumentation(http => http.Filter = IsTraced)
            .AddOtlpExporter());
    }

    public static void MapTelemetry(this IEndpointRouteBuilder routes)
    {
        // Observed from the first scrape on, so it must exist by then.
        _ = routes.ServiceProvider.GetRequiredService<ProcessMetrics>();
        routes.MapPrometheusScrapingEndpoint("/metrics");
        routes.MapGet("/debug/profile", ProfileEndpoint.HandleAsync);
    }

    // A span that lasts as long as a stream says nothing; scrapes and probes say nothing either.
    private static bool IsTraced(HttpContext context) =>
        ListenerMark.Of(context) == Listener.Public
        && !context.Request.Path.StartsWithSegments("/v1/stream")
        && !context.Request.Path.StartsWithSegments("/livez")
        && !context.Request.Path.StartsWithSegments("/readyz");
}
