namespace Belfry.Http;

/// <summary>What every answer carries, so that no browser takes it for something else than it says it is.</summary>
internal static class SafeHeaders
{
    public static IApplicationBuilder UseSafeHeaders(this IApplicationBuilder app) => app.Use(static (context, next) =>
    {
        Set(context.Response);
        return next(context);
    });

    /// <summary>Again after a failure, which empties what had been prepared.</summary>
    public static void Set(HttpResponse response) => response.Headers.XContentTypeOptions = "nosniff";

    /// <summary>For a page: what it may load and who may show it, and no address of it to anybody else.</summary>
    public static void SetPage(HttpResponse response, string policy)
    {
        response.Headers.ContentSecurityPolicy = policy;
        response.Headers["Referrer-Policy"] = "same-origin";
    }
}
