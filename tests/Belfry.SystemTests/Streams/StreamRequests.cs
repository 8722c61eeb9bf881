using System.Net.Http.Json;
using System.Text;
using System.Text.Json;
using Belfry.Contracts;
using Belfry.SystemTests.Running;
using Xunit;

namespace Belfry.SystemTests.Streams;

/// <summary>A user's requests about his stream that are answered in one piece.</summary>
internal static class StreamRequests
{
    private static readonly HttpClient Http = new() { Timeout = TimeSpan.FromSeconds(70) };

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    /// <summary>The answer's head; its body may go on.</summary>
    public static Task<HttpResponseMessage> GetStreamAsync(this Service service, string user, string query, params (string Name, string Value)[] headers)
    {
        var request = new HttpRequestMessage(HttpMethod.Get, new Uri(service.Process.Url, "/v1/stream" + query));
        request.Headers.Add("Authorization", "Bearer " + Service.TokenFor(user));
        foreach (var (name, value) in headers) request.Headers.Add(name, value);
        return Http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, Cancelled);
    }

    public static async Task<StreamPage> PollAsync(this Service service, string user, string query, string? cursor = null)
    {
        using var answer = await service.GetStreamAsync(user, query, cursor is null ? [] : [("Last-Event-ID", cursor)]);
        Assert.True(answer.IsSuccessStatusCode, await answer.Content.ReadAsStringAsync(Cancelled));
        Assert.Equal("application/json", answer.Content.Headers.ContentType!.MediaType);
        return (await answer.Content.ReadFromJsonAsync(ContractsJson.Default.StreamPage, Cancelled))!;
    }

    public static async Task<(int Status, string? ProblemType)> AcknowledgeAsync(this Service service, string user, string body)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, new Uri(service.Process.Url, "/v1/stream/ack"));
        request.Headers.Add("Authorization", "Bearer " + Service.TokenFor(user));
        request.Content = new StringContent(body, Encoding.UTF8, "application/json");
        using var answer = await Http.SendAsync(request, Cancelled);
        if (answer.IsSuccessStatusCode) return ((int)answer.StatusCode, null);
        var problem = await answer.Content.ReadFromJsonAsync<JsonElement>(Cancelled);
        return ((int)answer.StatusCode, problem.GetProperty("type").GetString());
    }
}
