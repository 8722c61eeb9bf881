using System.Text.Json;
using Belfry.Contracts;
using Belfry.Http;
using Belfry.Mailboxes;

namespace Belfry.Work.Topics;

/// <summary><c>/v1/topics/{topic}/members</c>: who gets what is published to a topic from now on.</summary>
internal sealed class TopicEndpoints(ITopicStore store)
{
    private const int MaxName = 255;
    private const int MaxPage = 1000;

    // Where the names stand in the path.
    private const int Topic = 2;
    private const int User = 4;

    public Task<IResult> PutAsync(HttpContext http) => WithNamesAsync(http, async names =>
    {
        await store.AddMembersAsync(names[0], [names[1]], http.RequestAborted);
        return Results.NoContent();
    });

    public Task<IResult> DeleteAsync(HttpContext http) => WithNamesAsync(http, async names =>
    {
        await store.RemoveMembersAsync(names[0], [names[1]], http.RequestAborted);
        return Results.NoContent();
    });

    /// <summary>Many at once: <c>{"add":[…],"remove":[…]}</c>.</summary>
    public Task<IResult> PostAsync(HttpContext http) => WithNamesAsync(http, async names =>
    {
        TopicChange? change;
        try
        {
            change = await JsonSerializer.DeserializeAsync(http.Request.Body, ContractsJson.Default.TopicChange, http.RequestAborted);
        }
        catch (JsonException e)
        {
            return ProblemResponse.Of(Problems.Malformed($"Not {{\"add\":[…],\"remove\":[…]}}: {e.Message}"));
        }

        IReadOnlyList<string> add = change?.Add ?? [], remove = change?.Remove ?? [];
        foreach (var user in add.Concat(remove))
        {
            if (FaultOf(user) is { } fault) return ProblemResponse.Of(Problems.InvalidField($"A user {fault}."));
        }

        var added = add.Count == 0 ? 0 : await store.AddMembersAsync(names[0], add, http.RequestAborted);
        var removed = remove.Count == 0 ? 0 : await store.RemoveMembersAsync(names[0], remove, http.RequestAborted);
        return Results.Json(new TopicChanged(added, removed), ContractsJson.Default.TopicChanged);
    });

    /// <summary>A page of members: <c>?after=</c> the last one of the page before.</summary>
    public Task<IResult> GetAsync(HttpContext http) => WithNamesAsync(http, async names =>
    {
        var after = http.Request.Query["after"].ToString();
        var members = await store.ReadMembersAsync(names[0], after.Length == 0 ? null : after, MaxPage, http.RequestAborted);
        return Results.Json(new TopicMembers(members, members.Count == MaxPage ? members[^1] : null), ContractsJson.Default.TopicMembers);
    });

    /// <summary>With the topic and, where there is one, the user.</summary>
    private static async Task<IResult> WithNamesAsync(HttpContext http, Func<string[], Task<IResult>> handle)
    {
        var parts = RawPath.PartsOf(http);
        string[] names = parts.Length > User ? [parts[Topic], parts[User]] : [parts[Topic]];
        var fault = names.Select(FaultOf).FirstOrDefault(f => f is not null);
        return fault is null ? await handle(names) : ProblemResponse.Of(Problems.InvalidField($"A name in the path {fault}."));
    }

    /// <param name="name">JSON's null comes as one.</param>
    private static string? FaultOf(string? name) => TextRules.FindFault(name ?? "", MaxName);
}
