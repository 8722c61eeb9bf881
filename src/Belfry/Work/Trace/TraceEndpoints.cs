using System.Globalization;
using Belfry.Contracts;
using Belfry.Http;
using Belfry.Mailboxes;

namespace Belfry.Work.Trace;

/// <summary><c>GET /v1/admin/events/{source}/{id}</c>: where an event is.</summary>
internal sealed class TraceEndpoints(EventTracer tracer)
{
    private const int MaxName = 255;
    private const int DefaultPage = 50;
    private const int MaxPage = 500;

    // Where the names stand in the path.
    private const int Source = 3;
    private const int Id = 4;

    public async Task<IResult> GetAsync(HttpContext http)
    {
        var parts = RawPath.PartsOf(http);
        var (source, id) = (parts[Source], parts[Id]);
        if ((TextRules.FindFault(source, MaxName) ?? TextRules.FindFault(id, MaxName)) is { } fault)
        {
            return ProblemResponse.Of(Problems.InvalidField($"A name in the path {fault}."));
        }

        var (limit, after) = (http.Request.Query["limit"].ToString(), http.Request.Query["after"].ToString());
        var max = DefaultPage;
        if (limit.Length > 0 && !(int.TryParse(limit, NumberStyles.None, CultureInfo.InvariantCulture, out max) && max is >= 1 and <= MaxPage))
        {
            return ProblemResponse.Of(Problems.InvalidField($"limit is a whole number from 1 to {MaxPage}."));
        }

        TraceCursor cursor = default;
        if (after.Length > 0 && !TraceCursor.TryParse(after, out cursor))
        {
            return ProblemResponse.Of(Problems.InvalidField("after is the 'next' of an earlier page."));
        }

        var trace = await tracer.FindAsync(source, id, max, after.Length > 0 ? cursor : null, http.RequestAborted);
        return trace is null
            ? ProblemResponse.Of(Problems.NotFound($"Nothing is known of an event '{id}' from '{source}'."))
            : Results.Json(trace, ContractsJson.Default.EventTrace);
    }
}
