using System.Globalization;
using System.Security.Claims;
using Belfry.Contracts;
using Belfry.Http;
using Belfry.Mailboxes;
using Belfry.Mailboxes.Marks;
using Microsoft.Net.Http.Headers;

namespace Belfry.Inbox;

/// <summary><c>/v1/inbox</c>: what is in a user's mailbox, and what he has done with it. The user is the token's <c>sub</c>.</summary>
internal sealed class InboxEndpoints(IMailboxStore mailboxes, IInboxStore inbox, InboxPages pages, IEnumerable<IInboxListener> listeners)
{
    private const string OtherEpoch = "The cursor belongs to another history of this mailbox. Load the inbox again.";

    private readonly IInboxListener[] _listeners = [.. listeners];

    public async Task GetPageAsync(HttpContext http)
    {
        if (InboxQuery.Parse(http.Request.Query, out var fault) is not { } query)
        {
            await ProblemResponse.RefuseAsync(http, Problems.InvalidField(fault!));
            return;
        }

        // Before the page: what comes in or changes meanwhile may stand on it, and comes by the stream as well.
        var head = await mailboxes.ReadHeadAsync(UserOf(http), http.RequestAborted);
        var epoch = MailboxEpoch.Of(mailboxes.Epoch, head.Generation);
        if (query.IsOfOtherEpoch(epoch))
        {
            await ProblemResponse.RefuseAsync(http, Problems.Conflict(OtherEpoch));
            return;
        }

        if (IsKnown(http, head, epoch)) return;

        var page = await pages.ReadAsync(UserOf(http), head, query, http.RequestAborted);
        http.Response.ContentType = "application/json";
        InboxJson.Write(http.Response.BodyWriter, page, head, epoch);
        await http.Response.BodyWriter.FlushAsync(http.RequestAborted);
    }

    public async Task<IResult> GetCountsAsync(HttpContext http)
    {
        var head = await mailboxes.ReadHeadAsync(UserOf(http), http.RequestAborted);
        if (IsKnown(http, head, MailboxEpoch.Of(mailboxes.Epoch, head.Generation))) return Results.Empty;
        return Results.Json(
            new InboxCounts(head.Counts.Unread, head.Counts.Unseen, head.Counts.Total, head.StateVersion), ContractsJson.Default.InboxCounts);
    }

    public async Task PostAsync(HttpContext http, InboxChangeKind kind)
    {
        var body = await InboxBody.ReadAsync(http.Request.Body, kind, http.RequestAborted);
        if (body.Request is null) await ProblemResponse.RefuseAsync(http, body.Problem!, body.Rejected);
        else await ChangeAsync(http, body.Request);
    }

    public Task DeleteAsync(HttpContext http, string seqText) =>
        long.TryParse(seqText, NumberStyles.None, CultureInfo.InvariantCulture, out var seq) && seq > 0
            ? ChangeAsync(http, new InboxRequest(InboxChangeKind.Deleted, [seq], null))
            : ProblemResponse.RefuseAsync(http, Problems.InvalidField("The seq in the path is a whole number from 1 on."));

    private async Task ChangeAsync(HttpContext http, InboxRequest request)
    {
        // Not with the request's token: once begun it is carried through, and everyone is told.
        var answer = await inbox.ChangeAsync(UserOf(http), request, CancellationToken.None);
        if (answer.IsOtherEpoch)
        {
            await ProblemResponse.RefuseAsync(http, Problems.Conflict(OtherEpoch));
            return;
        }

        if (answer.Change is { } change)
        {
            foreach (var listener in _listeners) listener.Changed(change);
        }

        var (unread, unseen, total) = answer.Head.Counts;
        await Results.Json(new InboxMarked(answer.Changed, unread, unseen, total, answer.Head.StateVersion), ContractsJson.Default.InboxMarked).ExecuteAsync(http);
    }

    /// <summary>True: the client has this very state, and has been told so.</summary>
    private static bool IsKnown(HttpContext http, MailboxHead head, string epoch)
    {
        var tag = string.Create(CultureInfo.InvariantCulture, $"\"{epoch}-{head.FloorSeq}-{head.LastSeq}-{head.StateVersion}\"");
        // Weak: it names what the page says, whichever way it is compressed.
        http.Response.Headers.ETag = "W/" + tag;
        http.Response.Headers.CacheControl = "private, no-cache";
        http.Response.Headers.Vary = "Authorization, Cookie, Accept-Encoding";
        if (!http.Request.GetTypedHeaders().IfNoneMatch.Any(known => known.Equals(EntityTagHeaderValue.Any) || known.Tag.Equals(tag, StringComparison.Ordinal))) return false;

        http.Response.StatusCode = StatusCodes.Status304NotModified;
        return true;
    }

    private static string UserOf(HttpContext http) => http.User.FindFirstValue("sub")!;
}
