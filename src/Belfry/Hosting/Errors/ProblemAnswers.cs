using System.Text.Json;
using Belfry.Contracts;
using Belfry.Http;
using Belfry.Mailboxes;
using Microsoft.AspNetCore.Diagnostics;

namespace Belfry.Hosting.Errors;

/// <summary>Gives every answer that is an error and has no body one: an RFC 9457 problem, whatever the client says it accepts.</summary>
internal static class ProblemAnswers
{
    private const string MediaType = "application/problem+json";

    private static readonly TimeSpan StoreRetry = TimeSpan.FromSeconds(2);

    /// <summary>What this request's problem is to say beyond its title.</summary>
    public static void ExplainProblem(this HttpContext context, string detail) => context.Features.Set(new Explanation(detail));

    public static IApplicationBuilder UseProblems(this IApplicationBuilder app)
    {
        app.UseExceptionHandler(new ExceptionHandlerOptions
        {
            ExceptionHandler = WriteFailureAsync,
            StatusCodeSelector = StatusOf,
            // What a client does wrong is no failure of ours.
            // That the store is away is said by its monitor, once.
            SuppressDiagnosticsCallback = context => context.Exception is BadHttpRequestException or StoreUnavailableException,
        });
        return app.UseStatusCodePages(context => WriteAsync(context.HttpContext));
    }

    private static int StatusOf(Exception exception) => exception switch
    {
        BadHttpRequestException bad => bad.StatusCode,
        StoreUnavailableException => StatusCodes.Status503ServiceUnavailable,
        _ => StatusCodes.Status500InternalServerError,
    };

    private static Task WriteFailureAsync(HttpContext context)
    {
        SafeHeaders.Set(context.Response);

        // A request that Kestrel refuses says why; what else went wrong is the log's, not the caller's.
        var error = context.Features.Get<IExceptionHandlerFeature>()?.Error;
        if (error is StoreUnavailableException)
        {
            return ProblemResponse.WriteAsync(context, Problems.StoreUnavailable("The store does not answer. Send the same again."), StoreRetry);
        }

        if (error is BadHttpRequestException bad) context.ExplainProblem(bad.Message);
        return WriteAsync(context);
    }

    private static Task WriteAsync(HttpContext context)
    {
        var problem = Of(context.Response.StatusCode, context.Features.Get<Explanation>()?.Detail);
        context.Response.ContentType = MediaType;
        return JsonSerializer.SerializeAsync(context.Response.Body, problem, ContractsJson.Default.Problem, context.RequestAborted);
    }

    private static Problem Of(int status, string? detail) => status switch
    {
        400 => new Problem(ProblemTypes.Malformed, "The request cannot be read", 400, detail),
        401 => new Problem(ProblemTypes.Unauthorized, "Credentials are missing or not valid", 401, detail),
        403 => new Problem(ProblemTypes.Forbidden, "Not allowed", 403, detail),
        404 => new Problem(ProblemTypes.NotFound, "There is nothing here", 404, detail),
        405 => new Problem(ProblemTypes.NotFound, "Not with this method", 405, detail),
        413 => new Problem(ProblemTypes.TooLarge, "Too large", 413, detail),
        415 => new Problem(ProblemTypes.UnsupportedMediaType, "The media type is not supported", 415, detail),
        503 => new Problem(ProblemTypes.Overloaded, "The server cannot serve this now", 503, detail),
        < 500 => new Problem(ProblemTypes.Malformed, "The request cannot be served", status, detail),
        _ => new Problem(ProblemTypes.Internal, "The server failed", status, null),
    };

    private sealed record Explanation(string Detail);
}
