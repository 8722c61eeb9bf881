using System.Net;
using Microsoft.AspNetCore.Server.Kestrel.Core;

namespace Belfry.Hosting.Listeners;

/// <summary>One address of a list such as <c>http://127.0.0.1:5080;http://[::1]:5080</c>, and how Kestrel binds it.</summary>
internal static class ListenUrl
{
    /// <summary>What is wrong with the list; null: nothing.</summary>
    public static string? FindError(string urls)
    {
        var parts = Split(urls);
        if (parts.Length == 0) return "names no address; write for example http://127.0.0.1:5080";

        var wrong = parts.FirstOrDefault(url => Parse(url) is null);
        return wrong is null ? null : $"'{wrong}' is not an address; write for example http://127.0.0.1:5080 or http://*:8080";
    }

    public static void Bind(KestrelServerOptions kestrel, string urls, Action<ListenOptions> configure)
    {
        foreach (var url in Split(urls).Select(Parse).OfType<BindingAddress>())
        {
            void Configure(ListenOptions listen)
            {
                configure(listen);
                if (url.Scheme == "https") listen.UseHttps();
            }

            if (IPAddress.TryParse(url.Host, out var address)) kestrel.Listen(address, url.Port, Configure);
            else if (url.Host != "localhost") kestrel.ListenAnyIP(url.Port, Configure);
            // A free port cannot be had for two address families at once.
            else if (url.Port == 0) kestrel.Listen(IPAddress.Loopback, 0, Configure);
            else kestrel.ListenLocalhost(url.Port, Configure);
        }
    }

    private static string[] Split(string urls) => urls.Split(';', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);

    private static BindingAddress? Parse(string url)
    {
        try
        {
            var parsed = BindingAddress.Parse(url);
            var usable = parsed.Scheme is "http" or "https" && !parsed.IsUnixPipe && !parsed.IsNamedPipe && parsed.PathBase.Length == 0;
            return usable ? parsed : null;
        }
        catch (FormatException)
        {
            return null;
        }
    }
}
