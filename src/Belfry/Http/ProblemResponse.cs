using System.Globalization;
using Belfry.Contracts;

namespace Belfry.Http;

/// <summary>Answers with an RFC 9457 problem.</summary>
internal static class ProblemResponse
{
    /// <param name="retryAfter">When the same request may succeed; whole seconds on the wire.</param>
    /// <param name="extensions">Further members of the problem.</param>
    public static Task WriteAsync(
        HttpContext http, Problem problem, TimeSpan? retryAfter = null, IDictionary<string, object?>? extensions = null)
    {
        if (retryAfter is { } wait)
        {
            http.Response.Headers.RetryAfter = Math.Max(1, (long)Math.Ceiling(wait.TotalSeconds)).ToString(CultureInfo.InvariantCulture);
        }

        return Of(problem, extensions).ExecuteAsync(http);
    }

    /// <param name="extensions">Further members of the problem.</param>
    public static IResult Of(Problem problem, IDictionary<string, object?>? extensions = null) =>
        Results.Problem(problem.Detail, instance: null, problem.Status, problem.Title, problem.Type, extensions);
}
