using System.Globalization;
using System.Text.Json;
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

    /// <summary>Refuses a request. Each 400 has a list of what was rejected, be it empty.</summary>
    public static Task RefuseAsync(HttpContext http, Problem problem, IReadOnlyList<RejectedEvent>? rejected = null)
    {
        var members = problem.Status != StatusCodes.Status400BadRequest ? null : new Dictionary<string, object?>
        {
            ["rejected"] = JsonSerializer.SerializeToElement(rejected ?? [], ContractsJson.Default.IReadOnlyListRejectedEvent),
        };
        return WriteAsync(http, problem, extensions: members);
    }

    /// <param name="extensions">Further members of the problem.</param>
    public static IResult Of(Problem problem, IDictionary<string, object?>? extensions = null) =>
        Results.Problem(problem.Detail, instance: null, problem.Status, problem.Title, problem.Type, extensions);
}
