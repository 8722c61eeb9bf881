using Belfry.Cluster.Postgres;
using Belfry.Cluster.Redis;
using Belfry.Cluster.Wakes;
using Belfry.Mailboxes;
using Belfry.Mailboxes.Lanes;
using Belfry.Mailboxes.Marks;
using Belfry.Mailboxes.Postgres;
using Belfry.Settings;
using Microsoft.Extensions.Options;

namespace Belfry.Cluster;

/// <summary>What makes several instances one service.</summary>
internal static class ClusterServices
{
    /// <summary>With PostgreSQL; a SQLite file has one instance, which is alone.</summary>
    /// <param name="version">Which build this is.</param>
    public static IServiceCollection AddCluster(this IServiceCollection services, IConfiguration configuration, string version)
    {
        services.AddSettings<ClusterOptions>();
        services.AddSingleton(new InstanceIdentity(version));
        services.AddSingleton<Members>();
        services.AddSingleton<WakeCalls>();
        services.AddSingleton<ClusterEndpoints>();
        if (string.IsNullOrEmpty(configuration.GetConnectionString("Postgres")))
        {
            services.AddSingleton(provider => new Presence(provider.GetRequiredService<InstanceIdentity>(), provider.GetRequiredService<IOptions<ClusterOptions>>()));
            return services;
        }

        services.AddSingleton(provider => (PostgresMailboxStore)provider.GetRequiredService<IMailboxStore>());
        services.AddSingleton<PostgresMembers>();
        services.AddSingleton<PostgresPresence>();
        services.AddSingleton<PostgresSweep>();
        services.AddSingleton(provider => new Presence(
            provider.GetRequiredService<InstanceIdentity>(), provider.GetRequiredService<IOptions<ClusterOptions>>(), provider.GetRequiredService<PostgresPresence>()));
        if (configuration.GetConnectionString("Redis") is { Length: > 0 } redis)
        {
            services.AddSingleton<IWakeBus>(provider =>
                new RedisWakeBus(redis, provider.GetRequiredService<IOptions<ClusterOptions>>(), provider.GetRequiredService<ILoggerFactory>()));
        }
        else
        {
            services.AddSingleton<IWakeBus, PostgresWakeBus>();
        }

        services.AddSingleton<ClusterMetrics>();
        services.AddSingleton<WakeSender>();
        services.AddSingleton<Sweeper>();
        services.AddSingleton<IStoredBatchListener>(provider => provider.GetRequiredService<WakeSender>());
        services.AddSingleton<IInboxListener>(provider => provider.GetRequiredService<WakeSender>());
        services.AddHostedService<Heartbeat>();
        services.AddHostedService<PresenceKeeper>();
        services.AddHostedService(provider => provider.GetRequiredService<WakeSender>());
        services.AddHostedService(provider => provider.GetRequiredService<Sweeper>());
        services.AddHostedService<WakeReceiver>();
        return services;
    }

    /// <summary>For the admin listener.</summary>
    public static void MapCluster(this IEndpointRouteBuilder routes)
    {
        routes.MapGet("/v1/admin/instances", static (ClusterEndpoints endpoints) => endpoints.GetInstances());
        routes.MapGet("/v1/admin/presence/{user}", static (HttpContext http, ClusterEndpoints endpoints) => endpoints.GetPresenceAsync(http));
    }
}
