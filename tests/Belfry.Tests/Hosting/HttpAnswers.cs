using System.Net;
using System.Text.Json;

namespace Belfry.Tests.Hosting;

/// <summary>Short words for what the tests ask and look at.</summary>
internal static class HttpAnswers
{
    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    public static Task<HttpResponseMessage> SendAsync(this HttpClient client, HttpMethod method, string path, params (string Name, string Value)[] headers)
    {
        var request = new HttpRequestMessage(method, path);
        foreach (var (name, value) in headers) request.Headers.TryAddWithoutValidation(name, value);
        return client.SendAsync(request, Ct);
    }

    public static Task<HttpResponseMessage> GetWithTokenAsync(this HttpClient client, string path, string token) =>
        client.SendAsync(HttpMethod.Get, path, ("Authorization", $"Bearer {token}"));

    public static Task<string> TextAsync(this HttpResponseMessage answer) => answer.Content.ReadAsStringAsync(Ct);

    public static async Task<JsonElement> JsonAsync(this HttpResponseMessage answer) => JsonDocument.Parse(await answer.TextAsync()).RootElement;

    /// <summary>Demands a whole problem of this type, and gives its detail.</summary>
    public static async Task<string?> ProblemAsync(this HttpResponseMessage answer, HttpStatusCode status, string type)
    {
        var text = await answer.TextAsync();
        Assert.True(status == answer.StatusCode, $"{(int)answer.StatusCode} {text}");
        Assert.Equal("application/problem+json", answer.Content.Headers.ContentType?.MediaType);
        var problem = JsonDocument.Parse(text).RootElement;
        Assert.Equal(type, problem.GetProperty("type").GetString());
        Assert.Equal((int)status, problem.GetProperty("status").GetInt32());
        Assert.NotEqual("", problem.GetProperty("title").GetString());
        return problem.TryGetProperty("detail", out var detail) ? detail.GetString() : null;
    }
}
