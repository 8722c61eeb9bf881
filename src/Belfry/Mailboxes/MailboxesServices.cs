using Belfry.Mailboxes.Lanes;
using Belfry.Mailboxes.Marks;
using Belfry.Mailboxes.Postgres;
using Belfry.Mailboxes.Preferences;
using Belfry.Mailboxes.Sqlite;
using Belfry.Settings;
using Microsoft.Extensions.Options;

namespace Belfry.Mailboxes;

/// <summary>The mailboxes' part of the program.</summary>
internal static class MailboxesServices
{
    /// <summary>PostgreSQL when there is a connection string for it, else SQLite.</summary>
    public static IServiceCollection AddMailboxes(this IServiceCollection services, IConfiguration configuration)
    {
        services.AddSettings<MailboxesOptions>();
        services.AddSettings<LanesOptions>();
        services.AddSettings<PostgresOptions>();
        services.AddSettings<SqliteOptions>();
        if (configuration.GetConnectionString("Postgres") is { Length: > 0 } postgres)
        {
            services.AddSingleton(provider => new PostgresConnections(
                postgres,
                configuration.GetConnectionString("PostgresDirect"),
                provider.GetRequiredService<IOptions<PostgresOptions>>(),
                provider.GetRequiredService<ILoggerFactory>()));
            services.AddSingleton<IMailboxStore, PostgresMailboxStore>();
            services.AddSingleton<IDeadRecordStore>(provider => new PostgresDeadRecordStore((PostgresMailboxStore)provider.GetRequiredService<IMailboxStore>()));
            services.AddSingleton<IPreferenceStore>(provider => new PostgresPreferenceStore((PostgresMailboxStore)provider.GetRequiredService<IMailboxStore>()));
            services.AddSingleton<IInboxStore>(provider => new PostgresInboxStore((PostgresMailboxStore)provider.GetRequiredService<IMailboxStore>()));
        }
        else
        {
            services.AddSingleton<IMailboxStore, SqliteMailboxStore>();
            services.AddSingleton<IDeadRecordStore>(provider => new SqliteDeadRecordStore((SqliteMailboxStore)provider.GetRequiredService<IMailboxStore>()));
            services.AddSingleton<IPreferenceStore>(provider => new SqlitePreferenceStore((SqliteMailboxStore)provider.GetRequiredService<IMailboxStore>()));
            services.AddSingleton<IInboxStore>(provider => new SqliteInboxStore((SqliteMailboxStore)provider.GetRequiredService<IMailboxStore>()));
        }

        services.AddSingleton<IStoreFacts>(provider => provider.GetRequiredService<IMailboxStore>() switch
        {
            PostgresMailboxStore store => new PostgresStoreFacts(store),
            SqliteMailboxStore store => new SqliteStoreFacts(store),
            var other => throw new InvalidOperationException($"There are no facts about {other.GetType().Name}."),
        });
        services.AddSingleton<LaneMetrics>();
        services.AddSingleton<StoreMonitor>();
        services.AddSingleton<AppendLanes>();
        services.AddHostedService(provider => provider.GetRequiredService<StoreMonitor>());
        services.AddHostedService(provider => provider.GetRequiredService<AppendLanes>());
        return services;
    }
}
