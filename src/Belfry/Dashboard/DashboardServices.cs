namespace Belfry.Dashboard;

/// <summary>The dashboard's part of the program.</summary>
internal static class DashboardServices
{
    /// <param name="version">Which build this is.</param>
    public static IServiceCollection AddDashboard(this IServiceCollection services, string version)
    {
        services.AddSingleton(new DashboardVersion(version));
        services.AddSingleton<Viewers>();
        services.AddSingleton<Sampler>();
        services.AddSingleton<StoreWatch>();
        services.AddSingleton<StatsFeed>();
        services.AddSingleton<MailboxSearch>();
        services.AddSingleton<DashboardEndpoints>();
        services.AddHostedService(provider => provider.GetRequiredService<Sampler>());
        services.AddHostedService(provider => provider.GetRequiredService<StoreWatch>());
        return services;
    }

    /// <summary>The caller decides who may look.</summary>
    public static IEndpointConventionBuilder MapDashboard(this IEndpointRouteBuilder routes)
    {
        var dashboard = routes.MapGroup("/dashboard");
        dashboard.MapGet("", DashboardEndpoints.GetPage);
        dashboard.MapGet("{file}", DashboardEndpoints.GetFile);
        dashboard.MapGet("stats", static (HttpContext http, DashboardEndpoints endpoints) => endpoints.StreamAsync(http)).DisableHttpMetrics();
        dashboard.MapGet("mailbox", static (HttpContext http, DashboardEndpoints endpoints) => endpoints.FindMailboxAsync(http));
        return dashboard;
    }
}

/// <summary>Which build this is.</summary>
internal sealed record DashboardVersion(string Text);
