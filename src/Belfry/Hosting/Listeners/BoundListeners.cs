using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.Options;

namespace Belfry.Hosting.Listeners;

/// <summary>Opens both listeners, marks their connections, and knows their addresses once the server has started (a port may have been 0).</summary>
internal sealed class BoundListeners(IOptions<HttpOptions> http, IOptions<AdminOptions> admin) : IConfigureOptions<KestrelServerOptions>
{
    private readonly List<ListenOptions> _public = [];
    private readonly List<ListenOptions> _admin = [];

    public Uri Public => AddressOf(_public[0]);

    public Uri Admin => AddressOf(_admin[0]);

    public void Configure(KestrelServerOptions options)
    {
        ListenUrl.Bind(options, http.Value.Urls, listen => Mark(listen, _public, ListenerMark.Public));
        ListenUrl.Bind(options, admin.Value.Urls, listen => Mark(listen, _admin, ListenerMark.Admin));
    }

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
