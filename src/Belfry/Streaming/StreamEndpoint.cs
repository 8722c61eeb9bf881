using System.Globalization;
using System.Security.Claims;
using Belfry.Contracts;
using Belfry.Http;
using Belfry.Mailboxes;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Http.Features.Authentication;
using Microsoft.AspNetCore.Server.Kestrel.Core.Features;

namespace Belfry.Streaming;

/// <summary><c>GET /v1/stream</c>: who asks, for what, and whether there is room; the rest is the subscription's.</summary>
internal sealed class StreamEndpoint(Hub hub, StreamContext context, StreamLimits limits, IHostApplicationLifetime lifetime)
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

        if (Read(http) is not { } request)
        {
            await ProblemResponse.WriteAsync(http, Problems.InvalidField("since is one of undelivered, latest, earliest."));
            return;
        }

        var address = http.Connection.RemoteIpAddress;
        if (limits.TryEnter(userId, address) is { } refusal)
        {
            await RefuseAsync(http, refusal);
            return;
        }

        try
        {
            await StreamAsync(http, new Subscription(userId, request, context, http.Abort));
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
    private async Task RefuseAsync(HttpContext http, Problem refusal)
    {
        var retry = context.NextRetry();
        if (http.Request.Headers.ContainsKey(ClientHeader))
        {
            await ProblemResponse.WriteAsync(http, refusal, retry);
            return;
        }

        Begin(http);
        SseWriter.WriteHello(http.Response.BodyWriter, retry);
        SseWriter.WriteEvent(
            http.Response.BodyWriter, StreamEvents.Bye, cursor: null, new Bye((long)retry.TotalMilliseconds), ContractsJson.Default.Bye);
        await http.Response.BodyWriter.FlushAsync(http.RequestAborted);
    }

    private async Task StreamAsync(HttpContext http, Subscription subscription)
    {
        Begin(http);
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

    /// <summary>The request as the subscription needs it; null when it asks for a start that there is not.</summary>
    private StreamRequest? Read(HttpContext http)
    {
        var query = http.Request.Query;
        var cursorText = http.Request.Headers["Last-Event-ID"].FirstOrDefault();
        if (string.IsNullOrEmpty(cursorText)) cursorText = query["last_event_id"].FirstOrDefault();
        Cursor? after = Cursor.TryParse(cursorText, out var cursor) ? cursor : null;

        StreamStart? since = query["since"].FirstOrDefault() switch
        {
            null or "" or "undelivered" => StreamStart.Undelivered,
            "latest" => StreamStart.Latest,
            "earliest" => StreamStart.Earliest,
            _ => null,
        };
        if (since is null) return null;

        var age = context.NextAge();
        if (long.TryParse(http.User.FindFirstValue("exp"), CultureInfo.InvariantCulture, out var expires))
        {
            var left = DateTimeOffset.FromUnixTimeSeconds(Math.Min(expires, DateTimeOffset.MaxValue.ToUnixTimeSeconds())) - context.Time.GetUtcNow();
            if (left < age) age = left;
        }

        return new StreamRequest(
            since.Value,
            after,
            HasUnreadableCursor: !string.IsNullOrEmpty(cursorText) && after is null,
            TypeFilter.Parse(query["types"].FirstOrDefault()),
            EndsAt: context.Time.GetTimestamp() + (long)(age.TotalSeconds * context.Time.TimestampFrequency));
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

    private static void Begin(HttpContext http)
    {
        // The sweep closes a client that takes nothing; Kestrel's own rate would also close one that is only slow.
        if (http.Features.Get<IHttpMinResponseDataRateFeature>() is { } rate) rate.MinDataRate = null;
        http.Features.Get<IHttpResponseBodyFeature>()?.DisableBuffering();
        http.Response.ContentType = "text/event-stream";
        http.Response.Headers.CacheControl = "no-cache, no-store, no-transform";
        http.Response.Headers["X-Accel-Buffering"] = "no";
    }
}
