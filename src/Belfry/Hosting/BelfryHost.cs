using Belfry.Cluster;
using Belfry.Dashboard;
using Belfry.Hosting.Auth;
using Belfry.Hosting.Commands;
using Belfry.Hosting.Health;
using Belfry.Hosting.Listeners;
using Belfry.Hosting.Telemetry;
using Belfry.Inbox;
using Belfry.Ingest;
using Belfry.Mailboxes;
using Belfry.Settings;
using Belfry.Streaming;
using Belfry.Work;
using Microsoft.AspNetCore.Connections;
using Microsoft.Extensions.DependencyInjection.Extensions;

namespace Belfry.Hosting;

/// <summary>The server, put together: one AddX for each feature, one MapX for each that answers requests.</summary>
internal static partial class BelfryHost
{
    public static WebApplicationBuilder CreateBuilder(HostArguments arguments)
    {
        // Empty: nothing from the environment or the working directory that SettingsSources does not name.
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions { ContentRootPath = AppContext.BaseDirectory });
        builder.Configuration.AddSources(arguments);
        builder.AddBelfryLogging();
        builder.AddTelemetry();
        builder.AddHttp();

        var services = builder.Services;
        services.TryAddSingleton(TimeProvider.System);
        services.AddSettings<DataOptions>().AddSettings<ConnectionStrings>();
        services.AddSingleton<Readiness>().AddSingleton<Draining>();
        services.AddAuth();
        services.AddMailboxes(builder.Configuration).AddCluster(builder.Configuration, BuildInfo.Version).AddIngest(builder.Configuration).AddStreaming().AddInbox().AddWork().AddDashboard();
        return builder;
    }

    /// <summary>A builder whose settings are all right; else a <see cref="CommandException"/> that names every error.</summary>
    public static WebApplicationBuilder CreateChecked(HostArguments arguments)
    {
        var builder = CreateBuilder(arguments);
        if (arguments.Dev) DevMode.Prepare(builder);
        StartChecks.Demand(builder);
        return builder;
    }

    public static async Task StartAsync(WebApplication app, CancellationToken ct)
    {
        app.Services.GetRequiredService<Draining>(); // Hears the first signal, whoever uses it later.
        try
        {
            await app.StartAsync(ct);
        }
        catch (IOException e) when (e.InnerException is AddressInUseException)
        {
            throw new CommandException($"{e.Message} Another program listens there; choose other addresses with --urls and --admin-urls.", CommandLine.Failed);
        }

        var listeners = app.Services.GetRequiredService<BoundListeners>();
        Log.Started(app.Logger, listeners.Public, listeners.Admin);
        app.Services.GetService<DevMode>()?.Announce();
    }

    public static WebApplication Build(WebApplicationBuilder builder)
    {
        var app = builder.Build();
        app.UseHttp();
        app.MapHealth();
        app.MapIngest().RequireAuthorization(Policies.Publisher);
        app.MapTopics().RequireAuthorization(Policies.Operator);
        app.MapInbox().RequireAuthorization(Policies.User);
        app.MapUsers().RequireAuthorization(Policies.Operator);
        // A connection that lasts an hour would say nothing about how fast requests are answered.
        app.MapStreaming().RequireAuthorization(Policies.User).DisableHttpMetrics();
        app.MapAcknowledgements().RequireAuthorization(Policies.User);

        app.MapGroup("").WithMetadata(ListenerMark.Admin).MapSignIn();
        var admin = app.MapGroup("").WithMetadata(ListenerMark.Admin).RequireAuthorization(Policies.Operator);
        admin.MapTelemetry();
        admin.MapDeadLetters();
        admin.MapTrace();
        admin.MapCluster();
        admin.MapDashboard();
        return app;
    }

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Information, "Belfry serves {Public}, and operators at {Admin}")]
        public static partial void Started(ILogger logger, Uri @public, Uri admin);
    }
}
