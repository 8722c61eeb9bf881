namespace Belfry.Dashboard;

/// <summary>The dashboard's part of the program.</summary>
internal static class DashboardServices
{
    public static IServiceCollection AddDashboard(this IServiceCollection services)
    {
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
