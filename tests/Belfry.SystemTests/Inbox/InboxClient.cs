using System.Net;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json;
using Belfry.Contracts;
using Belfry.SystemTests.Running;
using Xunit;

namespace Belfry.SystemTests.Inbox;

/// <summary>One user's device, as far as it talks to his inbox.</summary>
internal sealed class InboxClient : IDisposable
{
    private readonly HttpClient _http;

    public InboxClient(Service service, string user)
    {
        _http = new HttpClient { BaseAddress = service.Process.Url, Timeout = TimeSpan.FromSeconds(30) };
        _http.DefaultRequestHeaders.Add("Authorization", "Bearer " + Service.TokenFor(user));
    }

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    public void Dispose() => _http.Dispose();

    public Task<HttpResponseMessage> SendAsync(HttpMethod method, string path, string? body = null, params (string Name, string Value)[] headers)
    {
        var request = new HttpRequestMessage(method, path);
        if (body is not null) request.Content = new StringContent(body, Encoding.UTF8, "application/json");
        foreach (var (name, value) in headers) request.Headers.TryAddWithoutValidation(name, value);
        return _http.SendAsync(request, Cancelled);
    }

    public async Task<JsonElement> GetPageAsync(string query = "")
    {
        using var answer = await SendAsync(HttpMethod.Get, "/v1/inbox" + query);
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        return await answer.Content.ReadFromJsonAsync<JsonElement>(Cancelled);
    }

    public async Task<InboxCounts> CountAsync()
    {
        using var answer = await SendAsync(HttpMethod.Get, "/v1/inbox/counts");
        return (await answer.Content.ReadFromJsonAsync(ContractsJson.Default.InboxCounts, Cancelled))!;
    }

    public Task<InboxMarked> MarkAsync(string change, params long[] seqs) => MarkAsync(change, new InboxMark(seqs, null));

    public Task<InboxMarked> MarkUpToAsync(string change, string cursor) => MarkAsync(change, new InboxMark(null, cursor));

    public async Task<InboxMarked> DeleteAsync(long seq)
    {
        using var answer = await SendAsync(HttpMethod.Delete, $"/v1/inbox/{seq}");
        return await ReadAsync(answer);
    }

    public static long[] SeqsOf(JsonElement page) => [.. page.GetProperty("items").EnumerateArray().Select(i => i.GetProperty("seq").GetInt64())];

    public static string? CursorIn(JsonElement page, string name) => page.TryGetProperty(name, out var cursor) ? cursor.GetString() : null;

    private async Task<InboxMarked> MarkAsync(string change, InboxMark mark)
    {
        using var answer = await SendAsync(HttpMethod.Post, $"/v1/inbox/{change}", JsonSerializer.Serialize(mark, ContractsJson.Default.InboxMark));
        return await ReadAsync(answer);
    }

    private static async Task<InboxMarked> ReadAsync(HttpResponseMessage answer)
    {
        Assert.True(answer.StatusCode == HttpStatusCode.OK, await answer.Content.ReadAsStringAsync(Cancelled));
        return (await answer.Content.ReadFromJsonAsync(ContractsJson.Default.InboxMarked, Cancelled))!;
    }
}
