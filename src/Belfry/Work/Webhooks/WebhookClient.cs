using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using System.Net.Sockets;
using System.Text;

namespace Belfry.Work.Webhooks;

/// <summary>
/// Sends messages to one endpoint: no redirects, no cookies, no proxy, and no address that was not looked at. Every wait ends
/// with the endpoint's timeout, and of an answer only the beginning is read.
/// </summary>
internal sealed class WebhookClient : IDisposable
{
    private const int MaxAnswer = 2048;
    private const string AgentName = "Belfry";

    private readonly WebhookEndpoint _endpoint;
    private readonly TimeProvider _time;
    private readonly HttpMessageInvoker _http;

    public WebhookClient(WebhookEndpoint endpoint, TimeProvider time)
    {
        _endpoint = endpoint;
        _time = time;
        _http = new HttpMessageInvoker(new SocketsHttpHandler
        {
            ActivityHeadersPropagator = null,
            AllowAutoRedirect = false,
            ConnectCallback = ConnectAsync,
            ConnectTimeout = endpoint.Options.Timeout,
            MaxConnectionsPerServer = endpoint.Options.Concurrency,
            MaxResponseDrainSize = 64 * 1024,
            MaxResponseHeadersLength = 16,

            // A name that leads elsewhere now is noticed within this time.
            PooledConnectionLifetime = TimeSpan.FromMinutes(2),
            PooledConnectionIdleTimeout = TimeSpan.FromMinutes(1),
            ResponseDrainTimeout = TimeSpan.FromSeconds(2),
            UseCookies = false,
            UseProxy = false,
        });
    }

    /// <summary>One attempt.</summary>
    /// <exception cref="OperationCanceledException"><paramref name="ct"/> was cancelled; its own time limit is an answer.</exception>
    public async Task<WebhookAnswer> SendAsync(WebhookMessage message, CancellationToken ct)
    {
        using var limit = new CancellationTokenSource(_endpoint.Options.Timeout, _time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(ct, limit.Token);
        try
        {
            using var request = NewRequest(message);
            using var response = await _http.SendAsync(request, either.Token);
            var status = (int)response.StatusCode;
            if (response.IsSuccessStatusCode) return new WebhookAnswer(status, "answered", null, null);
            return new WebhookAnswer(status, $"HTTP {status}", await ReadBeginningAsync(response, either.Token, ct), RetryAfterOf(response));
        }
        catch (OperationCanceledException) when (!ct.IsCancellationRequested)
        {
            return WebhookAnswer.None($"no answer within {_endpoint.Options.Timeout.TotalSeconds:0.#} s");
        }
        catch (HttpRequestException e)
        {
            // The innermost message names the cause; none of them holds anything of the request but its host.
            return WebhookAnswer.None(e.GetBaseException().Message);
        }
        catch (IOException e)
        {
            return WebhookAnswer.None(e.GetBaseException().Message);
        }
    }

    public void Dispose() => _http.Dispose();

    private HttpRequestMessage NewRequest(WebhookMessage message)
    {
        var timestamp = _time.GetUtcNow().ToUnixTimeSeconds();
        var signatures = _endpoint.Secrets.Select(secret => secret.Sign(message.Id, timestamp, message.Body));
        var request = new HttpRequestMessage(HttpMethod.Post, _endpoint.Url)
        {
            Content = new ByteArrayContent(message.Body) { Headers = { ContentType = new MediaTypeHeaderValue("application/json") } },
        };
        request.Headers.UserAgent.Add(new ProductInfoHeaderValue(AgentName, null));
        request.Headers.Add("webhook-id", message.Id);
        request.Headers.Add("webhook-timestamp", timestamp.ToString(CultureInfo.InvariantCulture));
        request.Headers.Add("webhook-signature", string.Join(' ', signatures));
        return request;
    }

    /// <summary>Connects to an address that was checked, and to no other: a second look-up could answer something else.</summary>
    private async ValueTask<Stream> ConnectAsync(SocketsHttpConnectionContext context, CancellationToken ct)
    {
        var (host, port) = (context.DnsEndPoint.Host, context.DnsEndPoint.Port);
        var addresses = IPAddress.TryParse(host, out var literal) ? [literal] : await Dns.GetHostAddressesAsync(host, ct);
        var allowed = _endpoint.Options.AllowPrivate ? addresses : [.. addresses.Where(PublicAddresses.Contains)];
        if (allowed.Length == 0) throw new IOException($"{host} leads only to addresses of this machine or of a private network");

        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            await socket.ConnectAsync(allowed, port, ct);
            return new NetworkStream(socket, ownsSocket: true);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    /// <summary>The beginning of what an endpoint says about its refusal, without what a terminal would obey; null when it does not come.</summary>
    private static async Task<string?> ReadBeginningAsync(HttpResponseMessage response, CancellationToken either, CancellationToken ct)
    {
        var buffer = new byte[MaxAnswer];
        try
        {
            await using var stream = await response.Content.ReadAsStreamAsync(either);
            var length = await stream.ReadAtLeastAsync(buffer, MaxAnswer, throwOnEndOfStream: false, either);
            var text = Encoding.UTF8.GetString(buffer, 0, length);
            return string.Concat(text.Select(c => char.IsControl(c) ? ' ' : c)).Trim();
        }
        catch (Exception e) when (e is IOException or HttpRequestException || (e is OperationCanceledException && !ct.IsCancellationRequested))
        {
            return null;
        }
    }

    private TimeSpan? RetryAfterOf(HttpResponseMessage response) => response.Headers.RetryAfter switch
    {
        { Delta: { } delta } => delta,
        { Date: { } date } => date - _time.GetUtcNow(),
        _ => null,
    };
}

/// <summary>What came of one attempt.</summary>
/// <param name="Status">Null: there was no answer.</param>
/// <param name="Reason">For the log: nothing of what was sent, nothing of what the endpoint wrote.</param>
/// <param name="Text">The beginning of what the endpoint wrote, when it refused.</param>
/// <param name="RetryAfter">What the endpoint asked for.</param>
internal sealed record WebhookAnswer(int? Status, string Reason, string? Text, TimeSpan? RetryAfter)
{
    public bool Taken => Status is >= 200 and < 300;

    public static WebhookAnswer None(string reason) => new(null, reason, null, null);
}
