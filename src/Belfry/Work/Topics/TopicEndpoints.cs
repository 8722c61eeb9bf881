using System.Text.Json;
using Belfry.Contracts;
using Belfry.Http;
using Belfry.Mailboxes;
using Microsoft.AspNetCore.Http.Features;

namespace Belfry.Work.Topics;

/// <summary><c>/v1/topics/{topic}/members</c>: who gets what is published to a topic from now on.</summary>
internal sealed class TopicEndpoints(ITopicStore store)
{
    private const string Prefix = "/v1/topics/";
    private const int MaxName = 255;
    private const int MaxPage = 1000;

    private static readonly TimeSpan AwayRetry = TimeSpan.FromSeconds(2);

    public Task PutAsync(HttpContext http) => ChangeOneAsync(http, (topic, user) => store.AddMembersAsync(topic, [user], http.RequestAborted));

    public Task DeleteAsync(HttpContext http) => ChangeOneAsync(http, (topic, user) => store.RemoveMembersAsync(topic, [user], http.RequestAborted));

    /// <summary>Many at once: <c>{"add":[…],"remove":[…]}</c>.</summary>
    public Task PostAsync(HttpContext http) => AnswerAsync(http, async names =>
    {
        TopicChange? change;
        try
        {
            change = await JsonSerializer.DeserializeAsync(http.Request.Body, ContractsJson.Default.TopicChange, http.RequestAborted);
        }
        catch (JsonException e)
        {
            return Refuse(Problems.Malformed($"Not {{\"add\":[…],\"remove\":[…]}}: {e.Message}"));
        }

        IReadOnlyList<string> add = change?.Add ?? [], remove = change?.Remove ?? [];
        foreach (var user in add.Concat(remove))
        {
            if (TextRules.FindFault(user, MaxName) is { } fault) return Refuse(Problems.InvalidField($"A user {fault}."));
        }

        var added = add.Count == 0 ? 0 : await store.AddMembersAsync(names[0], add, http.RequestAborted);
        var removed = remove.Count == 0 ? 0 : await store.RemoveMembersAsync(names[0], remove, http.RequestAborted);
        return Results.Json(new TopicChanged(added, removed), ContractsJson.Default.TopicChanged);
    });

    /// <summary>A page of members: <c>?after=</c> the last one of the page before.</summary>
    public Task GetAsync(HttpContext http) => AnswerAsync(http, async names =>
    {
        var after = http.Request.Query["after"].ToString();
        var members = await store.ReadMembersAsync(names[0], after.Length == 0 ? null : after, MaxPage, http.RequestAborted);
        return Results.Json(new TopicMembers(members, members.Count == MaxPage ? members[^1] : null), ContractsJson.Default.TopicMembers);
    });

    private static Task ChangeOneAsync(HttpContext http, Func<string, string, Task> change) => AnswerAsync(http, async names =>
    {
        await change(names[0], names[1]);
        return Results.NoContent();
    });

    private static async Task AnswerAsync(HttpContext http, Func<string[], Task<IResult>> handle)
    {
        try
        {
            var names = NamesOf(http);
            var fault = names.Select(name => TextRules.FindFault(name, MaxName)).FirstOrDefault(f => f is not null);
            var result = fault is null ? await handle(names) : Refuse(Problems.InvalidField($"A name in the path {fault}."));
            await result.ExecuteAsync(http);
        }
        catch (StoreUnavailableException)
        {
            await ProblemResponse.WriteAsync(http, Problems.StoreUnavailable("The store does not answer. Send the same again."), AwayRetry);
        }
    }

    private static IResult Refuse(Problem problem) => Results.Problem(problem.Detail, instance: null, problem.Status, problem.Title, problem.Type);

    /// <summary>
    /// The topic and, where there is one, the user, from the request's own bytes: what the server decodes leaves <c>%2F</c> as
    /// it is, and a name that holds it could not be told from one with a slash.
    /// </summary>
    private static string[] NamesOf(HttpContext http)
    {
        var target = http.Features.GetRequiredFeature<IHttpRequestFeature>().RawTarget.Split('?')[0];
        var parts = target[(target.IndexOf(Prefix, StringComparison.Ordinal) + Prefix.Length)..].Split('/');
        return parts.Length > 2 ? [Uri.UnescapeDataString(parts[0]), Uri.UnescapeDataString(parts[2])] : [Uri.UnescapeDataString(parts[0])];
    }
}
