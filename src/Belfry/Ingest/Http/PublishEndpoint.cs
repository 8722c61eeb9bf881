using System.Diagnostics;
using System.Text.Json;
using Belfry.Contracts;
using Belfry.Http;
using Belfry.Ingest.Events;
using Belfry.Mailboxes.Lanes;
using Belfry.Settings;
using Microsoft.Net.Http.Headers;

namespace Belfry.Ingest.Http;

/// <summary><c>POST /v1/events</c>: takes events in, and answers when they are durably stored.</summary>
internal sealed class PublishEndpoint(AppendLanes lanes, Draining draining, IngestMetrics metrics, TimeProvider time)
{
    private const int Few = 8;

    private static readonly TimeSpan FullRetry = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan AwayRetry = TimeSpan.FromSeconds(2);

    public async Task HandleAsync(HttpContext http)
    {
        var carried = CarriedTraceparent(http.Request);
        using var activity = Activity.Current is null ? IngestTracing.StartPublish(carried) : IngestTracing.StartPublish();
        if (draining.Started.IsCancellationRequested)
        {
            await UnavailableAsync(http, Problems.Draining("Another instance, or this one after its restart, takes it."), FullRetry);
            return;
        }

        var binary = BinaryRequest.Find(http.Request);
        var format = binary is null ? FormatOf(http.Request) : EventFormat.CloudEvent;
        if (format is null)
        {
            const string types = "Send application/json, application/cloudevents+json or application/cloudevents-batch+json, in UTF-8, or a CloudEvent in ce-* headers.";
            await ProblemResponse.RefuseAsync(http, Problems.UnsupportedMediaType(types));
            return;
        }

        if (await ReadAsync(http, binary, format.Value, carried) is not { } body) return;
        var ticket = new PublishTicket(body.Verdicts);
        if (ticket.IsEmpty || await TryStoreAsync(http, ticket)) await AnswerAsync(http, ticket.ToAnswer());
    }

    /// <summary>Reads and judges the body; null when the request has been answered.</summary>
    private async Task<EventBody?> ReadAsync(HttpContext http, BinaryEvent? binary, EventFormat format, string? carried)
    {
        var key = IdempotencyKey.Read(http.Request.Headers, out var fault);
        if (fault is not null)
        {
            await ProblemResponse.RefuseAsync(http, Problems.InvalidField(fault));
            return null;
        }

        if (await PublishBody.ReadAsync(http.Request, http.RequestAborted) is not { } bytes)
        {
            await ProblemResponse.RefuseAsync(http, Problems.TooLarge($"A body has at most {EventLimits.Body} bytes."));
            return null;
        }

        EventBody body;
        using (bytes)
        {
            var defaults = new EventDefaults(http.User.Identity?.Name ?? "http", Rfc3339.WholeMicroseconds(time.GetUtcNow().UtcDateTime))
            {
                IdStem = key?.ToIdStem(),
                Traceparent = carried is null ? null : IngestTracing.Current ?? carried,
            };
            body = binary is null
                ? EventParser.ReadBody(bytes.Bytes, format, defaults)
                : new EventBody([binary.Judge(binary.Finish(bytes.Bytes), defaults)], null);
        }

        if (body.Problem is null) return body;
        await ProblemResponse.RefuseAsync(http, body.Problem);
        return null;
    }

    /// <summary>Waits for the commit; false when the request has been answered with 503.</summary>
    private async Task<bool> TryStoreAsync(HttpContext http, PublishTicket ticket)
    {
        if (!ticket.TryEnter(lanes))
        {
            ticket.Withdraw();
            await UnavailableAsync(http, Problems.Overloaded("Too many events wait to be stored. Send the same again, with the same ids."), FullRetry);
            return false;
        }

        try
        {
            await ticket.Finished.WaitAsync(lanes.Options.PublishTimeout, time);
        }
        catch (TimeoutException) when (ticket.Withdraw() || !ticket.Finished.IsCompleted)
        {
            // What a batch has taken already may yet be stored; the same ids make the repetition harmless.
            await UnavailableAsync(http, Problems.StoreUnavailable("The store has not answered in time. Send the same again, with the same ids."), AwayRetry);
            return false;
        }
        catch (TimeoutException)
        {
            // The last answer came in the very moment.
        }

        return true;
    }

    private async Task AnswerAsync(HttpContext http, PublishAnswer answer)
    {
        metrics.Accepted(IngestMetrics.Http, answer.Accepted.Count);
        foreach (var rejected in answer.Rejected) metrics.Rejected(IngestMetrics.Http, rejected.Problem.Type);
        if (answer.Accepted.Count == 0)
        {
            await ProblemResponse.RefuseAsync(http, Problems.NothingAccepted("Every event was rejected."), answer.Rejected);
            return;
        }

        http.Response.StatusCode = StatusCodes.Status202Accepted;
        http.Response.ContentType = "application/json";
        if (answer.Accepted.Count + answer.Rejected.Count > Few)
        {
            await JsonSerializer.SerializeAsync(http.Response.BodyWriter, answer, ContractsJson.Default.PublishAnswer, http.RequestAborted);
            return;
        }

        // With its length, which says that it is not worth compressing.
        var bytes = JsonSerializer.SerializeToUtf8Bytes(answer, ContractsJson.Default.PublishAnswer);
        http.Response.ContentLength = bytes.Length;
        await http.Response.Body.WriteAsync(bytes, http.RequestAborted);
    }

    private async Task UnavailableAsync(HttpContext http, Problem problem, TimeSpan retryAfter)
    {
        metrics.Unavailable(problem.Type);
        await ProblemResponse.WriteAsync(http, problem, retryAfter);
    }

    private static EventFormat? FormatOf(HttpRequest request)
    {
        if (!MediaTypeHeaderValue.TryParse(request.ContentType, out var type)) return null;
        if (type.Charset.HasValue && !HeaderUtilities.RemoveQuotes(type.Charset).Equals("utf-8", StringComparison.OrdinalIgnoreCase)) return null;
        return type.MediaType.Value?.ToLowerInvariant() switch
        {
            "application/json" => EventFormat.Any,
            "application/cloudevents+json" => EventFormat.CloudEvent,
            "application/cloudevents-batch+json" => EventFormat.CloudEventBatch,
            _ => null,
        };
    }

    private static string? CarriedTraceparent(HttpRequest request) =>
        request.Headers.TraceParent is [{ } text] && ActivityContext.TryParse(text, traceState: null, out _) ? text : null;
}
