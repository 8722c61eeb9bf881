using System.Security.Claims;
using Belfry.Contracts;
using Belfry.Http;
using Belfry.Streaming;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core.Features;
using Microsoft.Extensions.Options;

namespace Belfry.Original.Push;

/// <summary>
/// <c>GET /v1/stream</c>, with the same token and the same blocks as Belfry's, so that one client can measure both; a cursor
/// is not looked at.
/// </summary>
internal sealed class PushEndpoint(
    PushConnections connections,
    IOptions<OriginalOptions> original,
    IOptions<StreamingOptions> streaming,
    IHostApplicationLifetime lifetime)
{
    /// <summary>In the id line of each notification; nothing can be resumed from it.</summary>
    public const string Epoch = "original";

    public async Task HandleAsync(HttpContext http)
    {
        if (http.User.FindFirstValue("sub") is not { } userId)
        {
            await ProblemResponse.WriteAsync(http, Problems.Unauthorized("A stream needs a user's token."));
            return;
        }

        Begin(http);
        var connection = new PushConnection(userId, original.Value.ConnectionBuffer);
        connections.Add(connection);
        await using var draining = lifetime.ApplicationStopping.UnsafeRegister(static ending => ((PushConnection)ending!).End(), connection);
        try
        {
            await http.Response.StartAsync(http.RequestAborted);
            await connection.RunAsync(http.Response.BodyWriter, new Cursor(Epoch, 0), streaming.Value.RetryMin, http.RequestAborted);
        }
        catch (Exception) when (http.RequestAborted.IsCancellationRequested)
        {
            // The client has gone; what was in its buffer is marked as delivered all the same, as in the original.
        }
        finally
        {
            connections.Remove(connection);
            connection.End();
        }
    }

    private static void Begin(HttpContext http)
    {
        if (http.Features.Get<IHttpMinResponseDataRateFeature>() is { } rate) rate.MinDataRate = null;
        http.Features.Get<IHttpResponseBodyFeature>()?.DisableBuffering();
        http.Response.ContentType = "text/event-stream";
        http.Response.Headers.CacheControl = "no-cache, no-store, no-transform";
        http.Response.Headers["X-Accel-Buffering"] = "no";
    }
}
