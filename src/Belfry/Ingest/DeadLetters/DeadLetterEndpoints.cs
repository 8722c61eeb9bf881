using System.Globalization;
using System.Text.Json;
using Belfry.Contracts;
using Belfry.Http;
using Belfry.Mailboxes;
using Belfry.Mailboxes.Lanes;

namespace Belfry.Ingest.DeadLetters;

/// <summary><c>/v1/admin/deadletters</c>: what could not be done, for operators.</summary>
internal sealed class DeadLetterEndpoints(DeadLetterDesk desk, IEnumerable<IStoredBatchListener> listeners)
{
    private const int DefaultPage = 50;
    private const int MaxPage = 500;
    private const int MaxIds = 1000;

    public async Task<IResult> ListAsync(HttpContext http)
    {
        var (limit, kind, before) = (http.Request.Query["limit"].ToString(), http.Request.Query["kind"].ToString(), http.Request.Query["before"].ToString());
        var max = DefaultPage;
        if (limit.Length > 0 && !(int.TryParse(limit, NumberStyles.None, CultureInfo.InvariantCulture, out max) && max is >= 1 and <= MaxPage))
        {
            return ProblemResponse.Of(Problems.InvalidField($"limit is a whole number from 1 to {MaxPage}."));
        }

        if (kind.Length > 0 && DeadLetterId.ReadKind(kind) is null) return ProblemResponse.Of(Problems.InvalidField("kind is task or record."));
        DeadLetterCursor cursor = default;
        if (before.Length > 0 && !DeadLetterCursor.TryParse(before, out cursor))
        {
            return ProblemResponse.Of(Problems.InvalidField("before is the 'next' of an earlier page."));
        }

        var page = await desk.ListAsync(max, DeadLetterId.ReadKind(kind), before.Length > 0 ? cursor : null, http.RequestAborted);
        return Results.Json(page, ContractsJson.Default.DeadLetterPage);
    }

    public Task<IResult> GetAsync(HttpContext http, string id) => WithIdAsync(id, async letter =>
        await desk.FindAsync(letter, http.RequestAborted) is { } found ? Results.Json(found, ContractsJson.Default.DeadLetter) : NotFound(letter));

    public Task<IResult> DeleteAsync(HttpContext http, string id) => WithIdAsync(id, async letter =>
        (await desk.DropAsync([letter], http.RequestAborted)).Done.Count == 1 ? Results.NoContent() : NotFound(letter));

    public Task<IResult> RetryAsync(HttpContext http, string id) => WithIdAsync(id, async letter =>
    {
        var retry = await RetryAsync([letter], http.RequestAborted);
        if (retry.Refused.Count > 0) return ProblemResponse.Of(Problems.StillRefused(retry.Refused[0].Reason));
        return retry.Done.Count > 0 ? Results.NoContent() : NotFound(letter);
    });

    public Task<IResult> RetryManyAsync(HttpContext http) => WithIdsAsync(http, async ids => (await RetryAsync(ids, http.RequestAborted)).ToAnswer());

    public Task<IResult> DropManyAsync(HttpContext http) => WithIdsAsync(http, ids => desk.DropAsync(ids, http.RequestAborted));

    private async Task<DeadLetterRetry> RetryAsync(IReadOnlyList<DeadLetterId> ids, CancellationToken ct)
    {
        var retry = await desk.RetryAsync(ids, ct);
        if (retry.Users.Count == 0 && !retry.HasNewTasks) return retry;
        foreach (var listener in listeners) await listener.StoredAsync(retry.ToWake(), ct);
        return retry;
    }

    private static async Task<IResult> WithIdAsync(string id, Func<DeadLetterId, Task<IResult>> handle) =>
        DeadLetterId.TryParse(id, out var letter) ? await handle(letter) : NoId(id);

    private static async Task<IResult> WithIdsAsync(HttpContext http, Func<IReadOnlyList<DeadLetterId>, Task<DeadLetterAnswer>> handle)
    {
        DeadLetterIds? body;
        try
        {
            body = await JsonSerializer.DeserializeAsync(http.Request.Body, ContractsJson.Default.DeadLetterIds, http.RequestAborted);
        }
        catch (JsonException e)
        {
            return ProblemResponse.Of(Problems.Malformed($"Not {{\"ids\":[…]}}: {e.Message}"));
        }

        if (body?.Ids is not { Count: > 0 and <= MaxIds } named) return ProblemResponse.Of(Problems.InvalidField($"ids has 1 to {MaxIds} entries."));
        var ids = new List<DeadLetterId>(named.Count);
        foreach (var name in named)
        {
            if (name is null || !DeadLetterId.TryParse(name, out var id)) return NoId(name);
            ids.Add(id);
        }

        return Results.Json(await handle(ids), ContractsJson.Default.DeadLetterAnswer);
    }

    private static IResult NoId(string? text) => ProblemResponse.Of(Problems.InvalidField($"'{text}' is no dead letter's id: task-17, record-4."));

    private static IResult NotFound(DeadLetterId id) => ProblemResponse.Of(Problems.NotFound($"There is no dead letter {id}."));
}
