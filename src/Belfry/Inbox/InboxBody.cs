using System.Text.Json;
using Belfry.Contracts;
using Belfry.Mailboxes.Marks;

namespace Belfry.Inbox;

/// <summary>Reads <c>{"seqs":[…]}</c> or <c>{"up_to":"…"}</c>: the request, or what is wrong with it.</summary>
/// <param name="Rejected">The seqs that are none.</param>
internal sealed record InboxBody(InboxRequest? Request, Problem? Problem, IReadOnlyList<RejectedEvent> Rejected)
{
    private const int MaxSeqs = 1000;

    public static async Task<InboxBody> ReadAsync(Stream body, InboxChangeKind kind, CancellationToken ct)
    {
        try
        {
            using var document = await JsonDocument.ParseAsync(body, new JsonDocumentOptions { MaxDepth = 8 }, ct);
            return Read(document.RootElement, kind);
        }
        catch (JsonException e)
        {
            return Refused(Problems.Malformed($"Not {{\"seqs\":[…]}} or {{\"up_to\":\"…\"}}: {e.Message}"));
        }
    }

    private static InboxBody Read(JsonElement json, InboxChangeKind kind)
    {
        if (json.ValueKind != JsonValueKind.Object) return Refused(Problems.Malformed("The body is {\"seqs\":[…]} or {\"up_to\":\"…\"}."));

        var seqs = Find(json, "seqs");
        var upTo = Find(json, "up_to");
        return (seqs, upTo) switch
        {
            ({ ValueKind: JsonValueKind.Array } list, null) => ReadSeqs(list, kind),
            (null, { ValueKind: JsonValueKind.String } text) when Cursor.TryParse(text.GetString(), out var cursor) => Accepted(new InboxRequest(kind, null, cursor)),
            (null, { }) => Refused(Problems.InvalidField("up_to is a cursor: <epoch>-<seq>.")),
            ({ }, null) => Refused(Problems.InvalidField("seqs is an array of numbers.")),
            _ => Refused(Problems.InvalidField("Exactly one of seqs and up_to says which.")),
        };
    }

    private static InboxBody ReadSeqs(JsonElement list, InboxChangeKind kind)
    {
        if (list.GetArrayLength() > MaxSeqs) return Refused(Problems.TooLarge($"A request has at most {MaxSeqs} seqs; up_to takes any number."));

        var seqs = new List<long>(list.GetArrayLength());
        var rejected = new List<RejectedEvent>();
        foreach (var (index, entry) in list.EnumerateArray().Index())
        {
            if (entry.ValueKind == JsonValueKind.Number && entry.TryGetInt64(out var seq) && seq > 0) seqs.Add(seq);
            else rejected.Add(new RejectedEvent(index, Problems.InvalidField("A seq is a whole number from 1 on.")));
        }

        return rejected.Count == 0
            ? Accepted(new InboxRequest(kind, seqs, null))
            : new InboxBody(null, Problems.InvalidField("An entry of seqs is no seq; nothing was changed."), rejected);
    }

    private static JsonElement? Find(JsonElement json, string name) =>
        json.TryGetProperty(name, out var value) && value.ValueKind != JsonValueKind.Null ? value : null;

    private static InboxBody Accepted(InboxRequest request) => new(request, null, []);

    private static InboxBody Refused(Problem problem) => new(null, problem, []);
}
