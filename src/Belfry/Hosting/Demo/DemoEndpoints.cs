using System.Net.Http.Headers;
using System.Text;
using Belfry.Hosting.Auth;
using Belfry.Hosting.Listeners;
using Belfry.Http;
using Belfry.Mailboxes.Lanes;
using Belfry.Settings;
using Belfry.Streaming;
using Microsoft.Extensions.Options;

namespace Belfry.Hosting.Demo;

/// <summary>What the demo's page needs: itself, a user's cookie, a way to publish, figures. <c>serve</c> maps none of it.</summary>
internal sealed class DemoEndpoints(
    IOptions<AuthOptions> auth, IOptions<DataOptions> data, BoundListeners listeners, Hub hub, StreamMetrics streams, TimeProvider time) : IDisposable
{
    private static readonly TimeSpan TokenLifetime = TimeSpan.FromHours(12);

    private readonly HttpClient _http = new() { Timeout = TimeSpan.FromSeconds(10) };

    /// <summary>Gives the browser the user's token, for EventSource.</summary>
    public IResult Enter(HttpContext http, string user)
    {
        if (!UserTokens.IsUserId(user)) return Results.Problem("A user is 1 to 255 characters.", statusCode: 400);

        http.Response.Cookies.Append(UserTokens.Cookie, new TokenMaker(auth.Value, time).Make(user, TokenLifetime), new CookieOptions
        {
            HttpOnly = true,
            SameSite = SameSiteMode.Lax,
            Path = "/",
        });
        return Results.NoContent();
    }

    /// <summary>Publishes for the page, by the public way in.</summary>
    public async Task<IResult> PublishAsync(HttpContext http, CancellationToken ct)
    {
        using var reader = new StreamReader(http.Request.Body);
        using var request = new HttpRequestMessage(HttpMethod.Post, new Uri(listeners.Public, "v1/events"))
        {
            Content = new StringContent(await reader.ReadToEndAsync(ct), Encoding.UTF8, MediaTypeHeaderValue.Parse("application/json")),
        };
        request.Headers.Add(ApiKeyHandler.Header, DevKeys.LoadOrMake(data.Value.DataFolder).ApiKey);
        using var response = await _http.SendAsync(request, ct);
        return Results.Text(await response.Content.ReadAsStringAsync(ct), "application/json", Encoding.UTF8, (int)response.StatusCode);
    }

    public IResult Stats(LaneMetrics lanes) => Results.Json(new DemoStats(
        hub.Connections, streams.CoveredTotal, lanes.StoredTotal, time.GetUtcNow().ToUnixTimeMilliseconds(), listeners.Admin.ToString()));

    public void Dispose() => _http.Dispose();

    private sealed record DemoStats(int Connections, long Delivered, long Stored, long Now, string Admin);
}

/// <summary>The demo's routes.</summary>
internal static class DemoRoutes
{
    public static void MapDemo(this IEndpointRouteBuilder routes)
    {
        var page = ReadPage();
        var policy = $"default-src 'none'; script-src 'self' {InlineHashes.OfScripts(page)}; style-src 'self' {InlineHashes.OfStyles(page)}; img-src 'self' data:; connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";
        routes.MapGet("/", (HttpContext http) =>
        {
            SafeHeaders.SetPage(http.Response, policy);
            return Results.Content(page, "text/html; charset=utf-8");
        });
        routes.MapPost("/demo/user", static (HttpContext http, string user, DemoEndpoints demo) => demo.Enter(http, user));
        routes.MapPost("/demo/publish", static (HttpContext http, DemoEndpoints demo, CancellationToken ct) => demo.PublishAsync(http, ct));
        routes.MapGet("/demo/stats", static (DemoEndpoints demo, LaneMetrics lanes) => demo.Stats(lanes));
    }

    private static string ReadPage()
    {
        using var resource = new StreamReader(typeof(DemoRoutes).Assembly.GetManifestResourceStream("Belfry.Hosting.Demo.index.html")!);
        return resource.ReadToEnd();
    }
}
