using System.Net;
using Belfry.Hosting.Auth;
using Belfry.Hosting.Errors;
using Belfry.Hosting.Listeners;
using Belfry.Http;
using Belfry.Settings;
using Microsoft.AspNetCore.Cors.Infrastructure;
using Microsoft.AspNetCore.HttpOverrides;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.Options;

namespace Belfry.Hosting;

/// <summary>Kestrel and what every request passes through.</summary>
internal static class HttpServices
{
    private const int MaxRequestBody = 1024 * 1024;
    private const int MaxRequestHeaders = 16 * 1024;
    private const int MaxRequestLine = 8 * 1024;

    public static void AddHttp(this WebApplicationBuilder builder)
    {
        var services = builder.Services;
        services.AddSettings<HttpOptions>().AddSettings<AdminOptions>().AddSettings<ShutdownOptions>();
        services.AddSingleton<BoundListeners>();
        services.AddSingleton<IConfigureOptions<KestrelServerOptions>>(s => s.GetRequiredService<BoundListeners>());
        services.AddSingleton<MatcherPolicy, ListenerMatcherPolicy>();

        builder.WebHost.UseKestrel((context, kestrel) =>
        {
            kestrel.Configure(context.Configuration.GetSection("Kestrel"));
            kestrel.AddServerHeader = false;
            Bound(kestrel.Limits);
        });
        services.AddRouting();
        services.AddCors();
        services.AddPageCompression();
        services.AddOptions<CorsOptions>().Configure<IOptions<HttpOptions>>((cors, http) => cors.AddDefaultPolicy(policy => Allow(policy, http.Value)));
        services.AddOptions<ForwardedHeadersOptions>().Configure<IOptions<HttpOptions>>((forwarded, http) => Trust(forwarded, http.Value));
        services.AddOptions<HostOptions>().Configure<IOptions<ShutdownOptions>>((host, shutdown) => host.ShutdownTimeout = shutdown.Value.Grace);
    }

    public static void UseHttp(this WebApplication app)
    {
        app.UseForwardedHeaders();
        app.UseSafeHeaders();
        app.UseProblems();
        app.UseRouting();
        app.UseCors();
        app.UseAuthentication();
        app.UseAuthorization();
        if (app.Services.GetRequiredService<IOptions<HttpOptions>>().Value.Compression) app.UsePageCompression();
    }

    /// <summary>What one peer may cost who sends too much, too slowly, or nothing at all. How many of them there may be: <see cref="BoundListeners"/>.</summary>
    private static void Bound(KestrelServerLimits limits)
    {
        limits.MaxRequestBodySize = MaxRequestBody;
        limits.MaxRequestLineSize = MaxRequestLine;
        limits.MaxRequestHeadersTotalSize = MaxRequestHeaders;
        limits.MaxRequestHeaderCount = 100;

        // From the first byte of a request to the last of its headers: nobody needs long for 16 KiB.
        limits.RequestHeadersTimeout = TimeSpan.FromSeconds(15);

        // A body may stop for five seconds; after that it comes at this rate, or the request ends with 408.
        limits.MinRequestBodyDataRate = new MinDataRate(bytesPerSecond: 240, gracePeriod: TimeSpan.FromSeconds(5));

        // The same for answers that nobody takes. Streams are without it: StreamSweep closes who takes nothing at all.
        limits.MinResponseDataRate = new MinDataRate(bytesPerSecond: 240, gracePeriod: TimeSpan.FromSeconds(5));

        // Longer than proxies keep an idle connection (60 s is usual): it is they who close it, so that no request is on its way then.
        limits.KeepAliveTimeout = TimeSpan.FromSeconds(130);

        // A tab needs one or two; a client that wants more opens another connection, and that is counted.
        limits.Http2.MaxStreamsPerConnection = 100;
    }

    private static void Allow(CorsPolicyBuilder policy, HttpOptions http) => policy
        .WithOrigins([.. http.CorsOrigins])
        .AllowCredentials()
        .AllowAnyMethod()
        .WithHeaders("Authorization", "Content-Type", "Last-Event-ID", "If-None-Match", ApiKeyHandler.Header, "X-Belfry-Client")
        .WithExposedHeaders("Retry-After", "ETag")
        .SetPreflightMaxAge(TimeSpan.FromHours(1));

    private static void Trust(ForwardedHeadersOptions forwarded, HttpOptions http)
    {
        // The defaults trust loopback; here nobody is trusted who is not named. The chain is followed as far as it is trusted.
        forwarded.KnownProxies.Clear();
        forwarded.KnownIPNetworks.Clear();
        forwarded.ForwardLimit = null;
        forwarded.ForwardedHeaders = http.TrustedProxies.Count > 0
            ? ForwardedHeaders.XForwardedFor | ForwardedHeaders.XForwardedProto
            : ForwardedHeaders.None;
        foreach (var proxy in http.TrustedProxies)
        {
            if (IPAddress.TryParse(proxy, out var address)) forwarded.KnownProxies.Add(address);
            else forwarded.KnownIPNetworks.Add(System.Net.IPNetwork.Parse(proxy));
        }
    }
}
