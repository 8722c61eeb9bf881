namespace Belfry.Hosting.Listeners;

/// <summary>The two doors of the process. On a connection: through which one it came. On an endpoint: where it can be reached.</summary>
[Flags]
internal enum Listener
{
    /// <summary>Users and publishers. An endpoint that says nothing is here.</summary>
    Public = 1,

    /// <summary>Operators.</summary>
    Admin = 2,
}

/// <summary>Marks a connection (as a feature) or an endpoint (as metadata).</summary>
internal sealed record ListenerMark(Listener Listener)
{
    public static readonly ListenerMark Public = new(Listener.Public);
    public static readonly ListenerMark Admin = new(Listener.Admin);
    public static readonly ListenerMark Both = new(Listener.Public | Listener.Admin);

    public static Listener Of(HttpContext context) => (context.Features.Get<ListenerMark>() ?? Public).Listener;
}
