using System.Net;
using System.Net.Http.Headers;
using System.Text.Json;
using Belfry.Contracts;
using Belfry.Hosting.Auth;

namespace Belfry.Hosting.Producers;

/// <summary>Publishes over HTTP.</summary>
internal sealed class HttpSink : IEventSink
{
    private static readonly TimeSpan SendLimit = TimeSpan.FromSeconds(30);

    private readonly HttpClient _http;

    public HttpSink(Uri server, string apiKey)
    {
        _http = new HttpClient { BaseAddress = server, Timeout = SendLimit };
        _http.DefaultRequestHeaders.Add(ApiKeyHandler.Header, apiKey);
    }

    public async Task<SendResult> SendAsync(IReadOnlyList<PublishEvent> events, CancellationToken ct)
    {
        using var content = new ByteArrayContent(JsonSerializer.SerializeToUtf8Bytes([.. events], ContractsJson.Default.ListPublishEvent));
        content.Headers.ContentType = new MediaTypeHeaderValue("application/json");
        try
        {
            using var answer = await _http.PostAsync("/v1/events", content, ct);
            return await ReadAsync(answer, events.Count, ct);
        }
        catch (Exception e) when (e is HttpRequestException or IOException || (e is OperationCanceledException && !ct.IsCancellationRequested))
        {
            throw new SinkUnavailableException(e.Message);
        }
    }

    public ValueTask DisposeAsync()
    {
        _http.Dispose();
        return ValueTask.CompletedTask;
    }

    private static async Task<SendResult> ReadAsync(HttpResponseMessage answer, int count, CancellationToken ct)
    {
        var text = await answer.Content.ReadAsStringAsync(ct);
        switch (answer.StatusCode)
        {
            case HttpStatusCode.Accepted:
                var published = JsonSerializer.Deserialize(text, ContractsJson.Default.PublishAnswer)!;
                return new SendResult(published.Accepted.Count, published.Rejected.Count, published.Rejected.Count > 0 ? published.Rejected[0].Problem.Detail : null);

            case HttpStatusCode.BadRequest or HttpStatusCode.RequestEntityTooLarge:
                return new SendResult(0, count, text);

            case HttpStatusCode.TooManyRequests:
            case >= HttpStatusCode.InternalServerError:
                throw new SinkUnavailableException($"{(int)answer.StatusCode} {answer.ReasonPhrase}", answer.Headers.RetryAfter?.Delta);

            default:
                throw new SinkRefusedException($"The server answers {(int)answer.StatusCode}: {text}");
        }
    }
}
