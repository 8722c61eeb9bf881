using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.Options;

namespace Belfry.Hosting.Listeners;

/// <summary>Opens both listeners, marks their connections, and knows their addresses once the server has started (a port may have been 0).</summary>
internal sealed class BoundListeners(IOptions<HttpOptions> http, IOptions<AdminOptions> admin) : IConfigureOptions<KestrelServerOptions>
{
    // Measured at rest: 270. The rest is for pools, Kafka's brokers and operators.
    private const int OwnFiles = 1000;

    private readonly List<ListenOptions> _public = [];
    private readonly List<ListenOptions> _admin = [];

    public Uri Public => AddressOf(_public[0]);

    public Uri Admin => AddressOf(_admin[0]);

    public void Configure(KestrelServerOptions options)
    {
        ListenUrl.Bind(options, http.Value.Urls, listen => Mark(listen, _public, ListenerMark.Public));
        ListenUrl.Bind(options, admin.Value.Urls, listen => Mark(listen, _admin, ListenerMark.Admin));
        options.Limits.MaxConcurrentConnections = http.Value.Connections > 0 ? http.Value.Connections : FileLimit.Read() is { } files ? RoomIn(files) / _public.Count : null;
    }

    /// <summary>
    /// How many connections a process may hold that may have so many files open. A runtime that finds none free ends, so whoever
    /// opens connections must not get that far: assemblies, the store's and Kafka's connections and operators have their share.
    /// </summary>
    internal static long RoomIn(long files) => Math.Max(files - OwnFiles, files / 4);

    private static void Mark(ListenOptions listen, List<ListenOptions> listeners, ListenerMark mark)
    {
        listeners.Add(listen);
        listen.Use(next => connection =>
        {
            connection.Features.Set(mark);
            return next(connection);
        });
    }

    private static Uri AddressOf(ListenOptions listen)
    {
        // Its text has the scheme, the host as it was asked for, and the port as it was given.
        var text = listen.ToString()!;
        return new Uri(text.Replace("[::]", "localhost", StringComparison.Ordinal).Replace("0.0.0.0", "127.0.0.1", StringComparison.Ordinal));
    }
}
