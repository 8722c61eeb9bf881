namespace Belfry.Hosting.Auth;

/// <summary>
/// Whether a request comes from a page of this very listener. Matters where the browser proves who somebody is by itself, by a
/// cookie or by being on this machine: any other page could then make it send a request that changes something.
/// </summary>
internal static class OwnPage
{
    /// <summary>It changes nothing, so it does not matter who made the browser send it: he cannot read the answer.</summary>
    public static bool IsHarmless(HttpRequest request) => HttpMethods.IsGet(request.Method) || HttpMethods.IsHead(request.Method);

    /// <summary>Every browser names the page's origin with what may change something, and no page can forge it.</summary>
    public static bool IsSender(HttpRequest request) =>
        Uri.TryCreate(request.Headers.Origin.ToString(), UriKind.Absolute, out var origin)
        && origin.Authority.Equals(request.Host.Value, StringComparison.OrdinalIgnoreCase);

    /// <summary>A program, which names no origin; or a page of our own.</summary>
    public static bool IsSenderOrNoBrowser(HttpRequest request) => request.Headers.Origin.Count == 0 || IsSender(request);
}
