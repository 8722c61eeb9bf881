using System.Diagnostics;
using System.Globalization;
using System.Net.Http.Json;
using System.Text;
using Belfry.Contracts;

namespace Belfry.Bench.Scenarios;

/// <summary>A topic with very many members, none of whom is connected, and one event for it.</summary>
internal sealed class BenchTopic(Run run) : IDisposable
{
    // Of this size a body is well below the server's bound.
    private const int MembersEach = 10_000;
    private const int RequestsAtOnce = 2;

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly HttpClient _http = NewClient(run);

    public string Name => $"bench-topic-{run.Users.Run:x8}";

    /// <summary>Of the members' names; the run's own users are others.</summary>
    public string MemberPrefix => $"member-{run.Users.Run:x8}-";

    public string EventId { get; } = Guid.CreateVersion7().ToString();

    /// <summary>Puts the members in; answers how many a second that were.</summary>
    public async Task<double> FillAsync(CancellationToken ct)
    {
        var begin = Stopwatch.GetTimestamp();
        var limits = new ParallelOptions { MaxDegreeOfParallelism = RequestsAtOnce, CancellationToken = ct };
        var members = run.Options.Members;
        await Parallel.ForEachAsync(Enumerable.Range(0, (members + MembersEach - 1) / MembersEach), limits, async (part, token) =>
        {
            var first = part * MembersEach;
            var names = Enumerable.Range(first, Math.Min(MembersEach, members - first)).Select(MemberName).ToList();
            using var answer = await _http.PostAsJsonAsync($"/v1/topics/{Name}/members", new TopicChange(names, Remove: null), ContractsJson.Default.TopicChange, token);
            await ExpectAsync(answer, token);
        });
        return members / Stopwatch.GetElapsedTime(begin).TotalSeconds;
    }

    /// <summary>Answers the id of the task that it has become.</summary>
    public async Task<long> PublishAsync(CancellationToken ct)
    {
        var text = new string('x', Math.Max(1, run.Options.Payload - "{\"text\":\"\"}".Length));
        var body = $$$"""{"id":"{{{EventId}}}","source":"bench","topic":"{{{Name}}}","event_type":"announcement","priority":"LOW","payload":{"text":"{{{text}}}"}}""";
        using var content = new StringContent(body, Encoding.UTF8, "application/json");
        using var answer = await _http.PostAsync("/v1/events", content, ct);
        await ExpectAsync(answer, ct);
        var published = (await answer.Content.ReadFromJsonAsync(ContractsJson.Default.PublishAnswer, ct))!;
        return published.Accepted.Single().Task ?? throw new BenchFailedException("An event for a topic was answered without a task.");
    }

    /// <summary>How many members come up to this one, in the order of their names; null: none.</summary>
    public int CountUpTo(string? member) =>
        member is null ? 0 : int.Parse(member.AsSpan(MemberPrefix.Length), NumberStyles.None, CultureInfo.InvariantCulture) + 1;

    public void Dispose() => _http.Dispose();

    // As many digits for each: then the order of the names is that of the numbers.
    private string MemberName(int member) => string.Create(CultureInfo.InvariantCulture, $"{MemberPrefix}{member:D8}");

    private static async Task ExpectAsync(HttpResponseMessage answer, CancellationToken ct)
    {
        if (!answer.IsSuccessStatusCode) throw new BenchFailedException($"{answer.RequestMessage!.RequestUri} was answered with {(int)answer.StatusCode}: {await answer.Content.ReadAsStringAsync(ct)}");
    }

    private static HttpClient NewClient(Run run)
    {
        var http = new HttpClient(new SocketsHttpHandler { UseCookies = false, UseProxy = false }) { BaseAddress = run.Stand.Server.Url, Timeout = Patience };
        http.DefaultRequestHeaders.Add("X-API-Key", run.Stand.Keys.ApiKey);
        return http;
    }
}
