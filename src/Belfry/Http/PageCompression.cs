using Microsoft.AspNetCore.ResponseCompression;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Options;

namespace Belfry.Http;

/// <summary>
/// gzip and Brotli for answers that end, where an endpoint says that its answers are worth it. Never for a stream: one compressor has
/// many times the memory of one stream.
/// </summary>
internal static class PageCompression
{
    private static readonly Mark Marked = new();

    public static IServiceCollection AddPageCompression(this IServiceCollection services)
    {
        services.TryAddSingleton<IResponseCompressionProvider, Provider>();
        return services.AddResponseCompression(options =>
        {
            // Over https too, where the length of what is encrypted can tell what is in it (BREACH). For that somebody must place text of
            // his own beside a secret, have the page loaded over and over, and see the traffic. No answer here repeats its request: those
            // that do are problems, whose type is not in the list. Another site's page cannot load an inbox unnoticed, as the cookie is
            // SameSite. What remains is an application that tells users secrets in notifications, and lets others write into the same
            // inbox: it sets Belfry__Http__Compression=false.
            options.EnableForHttps = true;
            options.MimeTypes = ["application/json"];
        });
    }

    /// <summary>After the routing, which knows the endpoint.</summary>
    public static IApplicationBuilder UsePageCompression(this IApplicationBuilder app) =>
        app.UseWhen(static http => http.GetEndpoint()?.Metadata.GetMetadata<Mark>() is not null, static pages => pages.UseResponseCompression());

    /// <summary>Its answers are compressed for clients that can read that.</summary>
    public static T Compress<T>(this T endpoint)
        where T : IEndpointConventionBuilder => endpoint.WithMetadata(Marked);

    private sealed class Mark;

    /// <summary>Leaves out what is known to be small: it would cost more than it saves.</summary>
    private sealed class Provider(IServiceProvider services, IOptions<ResponseCompressionOptions> options) : ResponseCompressionProvider(services, options)
    {
        private const int Smallest = 1024;

        public override bool ShouldCompressResponse(HttpContext context) =>
            !(context.Response.ContentLength < Smallest) && base.ShouldCompressResponse(context);
    }
}
