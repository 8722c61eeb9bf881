using System.Security.Claims;
using Belfry.Contracts;
using Belfry.Http;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Http.Features.Authentication;
using Microsoft.AspNetCore.Server.Kestrel.Core.Features;

namespace Belfry.Streaming;

/// <summary><c>GET /v1/stream</c>: who asks, for what, and whether there is room; the rest is the subscription's.</summary>
internal sealed class StreamEndpoint(Hub hub, StreamContext context, StreamLimits limits, PollEndpoint poll, IHostApplicationLifetime lifetime)
{
    private static readonly ClaimsPrincipal Nobody = new();

    /// <summary>Marks a client that reads problems: <c>name/version</c>.</summary>
    public const string ClientHeader = "X-Belfry-Client";

    public async Task HandleAsync(HttpContext http)
    {
        if (http.User.FindFirstValue("sub") is not { } userId)
        {
            await ProblemResponse.WriteAsync(http, Problems.Unauthorized("A stream needs a user's token."));
            return;
        }

        if (StreamQuery.Parse(http.Request, http.User, context, out var fault) is not { } request)
        {
            await ProblemResponse.WriteAsync(http, Problems.InvalidField(fault!));
            return;
        }

        var address = http.Connection.RemoteIpAddress;
        if (limits.TryEnter(userId, address) is { } refusal)
        {
            await RefuseAsync(http, request, refusal);
            return;
        }

        try
        {
            if (request.IsPoll) await poll.AnswerAsync(http, userId, request);
            else await StreamAsync(http, new Subscription(userId, request, context, http.Abort));
        }
        finally
        {
            limits.Leave(userId, address);
        }
    }

    /// <summary>
    /// A client that can read a problem gets one. A plain EventSource would never try again after a status other than 200, so
    /// it is told by a stream that ends at once.
    /// </summary>
    private async Task RefuseAsync(HttpContext http, StreamRequest request, Problem refusal)
    {
        var retry = context.NextRetry();
        if (request.IsPoll || request.Blocks is not SseWriter || http.Request.Headers.ContainsKey(ClientHeader))
        {
            await ProblemResponse.WriteAsync(http, refusal, retry);
            return;
        }

        Begin(http, request);
        request.Blocks.WriteHello(http.Response.BodyWriter, retry);
        request.Blocks.WriteEvent(
            http.Response.BodyWriter, StreamEvents.Bye, cursor: null, new Bye((long)retry.TotalMilliseconds), ContractsJson.Default.Bye);
        await http.Response.BodyWriter.FlushAsync(http.RequestAborted);
    }

    private async Task StreamAsync(HttpContext http, Subscription subscription)
    {
        Begin(http, subscription.Request);
        await ShedAsync(http);

        // Known to the hub before it reads where it starts: nothing is stored unnoticed in between.
        hub.Add(subscription);
        await using var aborted = http.RequestAborted.UnsafeRegister(static s => ((Subscription)s!).End(EndReason.Gone), subscription);
        await using var draining = lifetime.ApplicationStopping.UnsafeRegister(static s => ((Subscription)s!).End(EndReason.Draining), subscription);
        try
        {
            await http.Response.StartAsync(http.RequestAborted);
            await subscription.RunAsync(http.Response.BodyWriter);
        }
        catch (Exception) when (http.RequestAborted.IsCancellationRequested)
        {
            // The client has gone in the middle of a write; it resumes by its cursor.
        }
        finally
        {
            subscription.End(EndReason.Gone);
            hub.Remove(subscription);
            context.Metrics.Ended(subscription.Ending);
        }
    }

    /// <summary>
    /// A stream lives for an hour and nearly always waits. What only its first moment needed goes now: the token with its
    /// claims, and the request's services with the handlers that read it.
    /// </summary>
    private static async ValueTask ShedAsync(HttpContext http)
    {
        http.User = Nobody;
        http.Features.Set<IAuthenticateResultFeature>(null);
        http.Features.Set<IHttpAuthenticationFeature>(null);
        http.Features.Set<IQueryFeature>(null);
        if (http.Features.Get<IServiceProvidersFeature>() is IAsyncDisposable services) await services.DisposeAsync();
        http.Request.Headers.Clear();
    }

    private static void Begin(HttpContext http, StreamRequest request)
    {
        // The sweep closes a client that takes nothing; Kestrel's own rate would also close one that is only slow.
        if (http.Features.Get<IHttpMinResponseDataRateFeature>() is { } rate) rate.MinDataRate = null;
        http.Features.Get<IHttpResponseBodyFeature>()?.DisableBuffering();
        http.Response.ContentType = request.Blocks.ContentType;
        http.Response.Headers.CacheControl = "no-cache, no-store, no-transform";
        http.Response.Headers["X-Accel-Buffering"] = "no";
    }
}
