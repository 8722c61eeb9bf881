using System.IO.Pipelines;
using Belfry.Contracts;
using Belfry.Http;

namespace Belfry.Streaming;

/// <summary>
/// <c>GET /v1/stream?wait=25s</c>: a stream that ends with the first thing that it has to say, answered in one piece. So whatever
/// holds for streams holds for polls; between two of them there is no connection, and the cursor carries on.
/// </summary>
internal sealed class PollEndpoint(Hub hub, StreamContext context, IHostApplicationLifetime lifetime)
{
    /// <summary>Whether there is room has been asked already.</summary>
    public async Task AnswerAsync(HttpContext http, string userId, StreamRequest request)
    {
        var page = new PollPage();
        var stream = new Subscription(userId, request with { Blocks = page }, context, http.Abort);
        page.Gather(stream);
        hub.Add(stream);
        await using var aborted = http.RequestAborted.UnsafeRegister(static s => ((Subscription)s!).End(EndReason.Gone), stream);
        await using var draining = lifetime.ApplicationStopping.UnsafeRegister(static s => ((Subscription)s!).End(EndReason.Draining), stream);
        try
        {
            // The page keeps what is written: nothing comes here.
            await stream.RunAsync(PipeWriter.Create(Stream.Null));
        }
        finally
        {
            hub.Remove(stream);
            context.Metrics.Ended(stream.Ending);
        }

        if (http.RequestAborted.IsCancellationRequested) return;
        if (page.Cursor is null)
        {
            await RefuseAsync(http, stream.Ending);
            return;
        }

        http.Response.ContentType = page.ContentType;
        http.Response.Headers.CacheControl = "no-store";
        page.WriteAnswer(http.Response.BodyWriter);
        await http.Response.BodyWriter.FlushAsync(http.RequestAborted);
    }

    /// <summary>It has not even begun.</summary>
    private Task RefuseAsync(HttpContext http, EndReason ending) => ProblemResponse.WriteAsync(
        http,
        ending == EndReason.Draining
            ? Problems.Draining("This instance is shutting down; another one will answer.")
            : Problems.StoreUnavailable("The store has not answered in time. Ask again with the same cursor."),
        context.NextRetry());
}
