using Belfry.Contracts;
using Belfry.Http;
using Belfry.Mailboxes;
using Belfry.Mailboxes.Marks;

namespace Belfry.Inbox;

/// <summary><c>/v1/users/{user}</c>: what an operator must be able to do for a user who asks what is kept of him, or to be forgotten.</summary>
internal sealed class UserEndpoints(IMailboxStore mailboxes, IInboxStore inbox, IEnumerable<IInboxListener> listeners)
{
    private const int MaxName = 255;
    private const int PageRows = 500;
    private const int PageBytes = 256 * 1024;

    // Where the user stands in the path.
    private const int User = 2;

    /// <summary>One notification a line, the oldest first, with what he has done with it. A page of it is in memory at a time.</summary>
    public async Task ExportAsync(HttpContext http)
    {
        if (!await TryReadUserAsync(http, out var user)) return;

        var ct = http.RequestAborted;
        var after = (await mailboxes.ReadHeadAsync(user, ct)).FloorSeq;
        http.Response.ContentType = "application/x-ndjson";
        http.Response.Headers.CacheControl = "no-store";
        await http.Response.StartAsync(ct);
        while (await mailboxes.ReadAfterAsync(user, after, PageRows, PageBytes, ct) is { Count: > 0 } page)
        {
            after = page[^1].Seq;
            var marks = new Queue<MarkRange>(await inbox.ReadMarksAsync(user, new SeqRange(page[0].Seq, after), newestFirst: false, int.MaxValue, ct));
            foreach (var row in page)
            {
                while (marks.TryPeek(out var range) && range.Last < row.Seq) marks.Dequeue();
                var state = marks.TryPeek(out var here) && here.First <= row.Seq ? here.State : MarkState.None;
                InboxJson.WriteLine(http.Response.BodyWriter, row, state);
            }

            await http.Response.BodyWriter.FlushAsync(ct);
        }
    }

    /// <summary>Forgets him. His open streams are told that what they have is of another history, and go on.</summary>
    public async Task EraseAsync(HttpContext http)
    {
        if (!await TryReadUserAsync(http, out var user)) return;

        // Not with the request's token: once begun it is carried through, and everyone is told.
        var erasure = await inbox.EraseAsync(user, CancellationToken.None);
        if (erasure.IsNewHistory)
        {
            var change = new InboxChange(user, erasure.Generation, InboxChangeKind.Erased, null, 0, 0, 0, new Counts(0, 0, 0));
            foreach (var listener in listeners) listener.Changed(change);
        }

        await Results.Json(new UserErased(erasure.Notifications, erasure.Tasks, erasure.Topics, erasure.DeadLetters), ContractsJson.Default.UserErased)
            .ExecuteAsync(http);
    }

    private static Task<bool> TryReadUserAsync(HttpContext http, out string user)
    {
        user = RawPath.PartsOf(http)[User];
        return TextRules.FindFault(user, MaxName) is { } fault ? RefuseAsync(http, fault) : Task.FromResult(true);
    }

    private static async Task<bool> RefuseAsync(HttpContext http, string fault)
    {
        await ProblemResponse.RefuseAsync(http, Problems.InvalidField($"The user in the path {fault}."));
        return false;
    }
}
