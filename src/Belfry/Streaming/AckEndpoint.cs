using System.Security.Claims;
using System.Text.Json;
using Belfry.Contracts;
using Belfry.Http;
using Belfry.Mailboxes;

namespace Belfry.Streaming;

/// <summary><c>POST /v1/stream/ack</c>: a client says up to where everything has arrived.</summary>
internal sealed class AckEndpoint(IMailboxStore store, DeliveredTracker delivered)
{
    public async Task HandleAsync(HttpContext http)
    {
        var (cursor, wrong) = await ReadAsync(http.Request.Body, http.RequestAborted);
        if (wrong is not null)
        {
            await ProblemResponse.WriteAsync(http, wrong);
            return;
        }

        var userId = http.User.FindFirstValue("sub")!;
        var head = await store.ReadHeadAsync(userId, http.RequestAborted);
        if (cursor.Epoch != MailboxEpoch.Of(store.Epoch, head.Generation))
        {
            await ProblemResponse.WriteAsync(http, Problems.Conflict("The cursor belongs to another history of this mailbox. Connect with it, and the stream says where it goes on."));
            return;
        }

        if (cursor.Seq > head.LastSeq)
        {
            await ProblemResponse.WriteAsync(http, Problems.Conflict("The cursor is ahead of the mailbox: what it names has not been sent to anybody."));
            return;
        }

        if (cursor.Seq > head.DeliveredSeq) await delivered.AcknowledgeAsync(userId, cursor.Seq, http.RequestAborted);
        http.Response.StatusCode = StatusCodes.Status204NoContent;
    }

    private static async Task<(Cursor Cursor, Problem? Problem)> ReadAsync(Stream body, CancellationToken ct)
    {
        try
        {
            var ack = await JsonSerializer.DeserializeAsync(body, ContractsJson.Default.StreamAck, ct);
            return Cursor.TryParse(ack?.Cursor, out var cursor) ? (cursor, null) : (default, Problems.InvalidField("cursor is a cursor: <epoch>-<seq>."));
        }
        catch (JsonException)
        {
            return (default, Problems.Malformed("""The body is {"cursor":"<epoch>-<seq>"}."""));
        }
    }
}
