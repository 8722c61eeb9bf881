using Belfry.Contracts;
using Belfry.Http;
using Belfry.Mailboxes;
using Microsoft.Net.Http.Headers;

namespace Belfry.Dashboard;

/// <summary>The page, what it loads, its numbers, and its search.</summary>
internal sealed class DashboardEndpoints(StatsFeed feed, Viewers viewers, MailboxSearch mailboxes, TimeProvider time)
{
    private const int MaxUserLength = 255;

    /// <summary>Nothing from elsewhere, nothing inline, and no other page may show this one.</summary>
    private const string Policy =
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(3);

    public static IResult GetPage(HttpContext http) => GetFile(http, "index.html");

    public static IResult GetFile(HttpContext http, string file)
    {
        if (PageFiles.Find(file) is not { } found) return Results.NotFound();

        var headers = http.Response.Headers;
        SafeHeaders.SetPage(http.Response, Policy);
        headers.CacheControl = "no-cache";
        headers.Vary = HeaderNames.AcceptEncoding;
        var packed = http.Request.Headers.AcceptEncoding.ToString().Contains("gzip", StringComparison.OrdinalIgnoreCase);
        if (packed) headers.ContentEncoding = "gzip";
        return Results.Bytes(packed ? found.Gzip : found.Bytes, found.ContentType, entityTag: EntityTagHeaderValue.Parse(packed ? found.GzipTag : found.Tag));
    }

    public async Task StreamAsync(HttpContext http)
    {
        if (!viewers.TryEnter())
        {
            await ProblemResponse.WriteAsync(http, Problems.Overloaded("Too many dashboards are open."), Patience);
            return;
        }

        try
        {
            await TypedResults.ServerSentEvents(feed.ReadAsync(http.User.Identity is { IsAuthenticated: true }, http.RequestAborted)).ExecuteAsync(http);
        }
        finally
        {
            viewers.Leave();
        }
    }

    /// <summary><c>?user=</c>: a mailbox that nobody has written to is all zeros.</summary>
    public async Task FindMailboxAsync(HttpContext http)
    {
        var user = http.Request.Query["user"].ToString();
        if (TextRules.FindFault(user, MaxUserLength) is { } fault)
        {
            await ProblemResponse.WriteAsync(http, Problems.InvalidField($"user {fault}."));
            return;
        }

        using var timeout = new CancellationTokenSource(Patience, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(timeout.Token, http.RequestAborted);
        try
        {
            var view = await mailboxes.FindAsync(user, either.Token);
            http.Response.Headers.CacheControl = "no-store";
            await Results.Json(view, DashboardJson.Default.MailboxView).ExecuteAsync(http);
        }
        catch (Exception e) when (e is StoreUnavailableException || (e is OperationCanceledException && !http.RequestAborted.IsCancellationRequested))
        {
            await ProblemResponse.WriteAsync(http, Problems.StoreUnavailable("The store did not answer in time."), Patience);
        }
    }
}
