using System.Buffers;
using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using Belfry.Bench.Checker;
using Belfry.Contracts;

namespace Belfry.Bench.Producers;

/// <summary>One keep-alive connection that posts what is due, as one batch, whenever its last request has been answered. Not for several threads.</summary>
internal sealed class HttpProducer : IDisposable
{
    private const int MaxBatch = 1_000;
    private const int MaxBodyBytes = 900 * 1024;

    private static readonly TimeSpan RetryAfter = TimeSpan.FromMilliseconds(200);
    private static readonly MediaTypeHeaderValue Json = new("application/json");

    private readonly UserSet _users;
    private readonly Ledger _ledger;
    private readonly Uri _url;
    private readonly HttpClient _http;
    private readonly ArrayBufferWriter<byte> _body = new(64 * 1024);
    private readonly List<(int User, int Number)> _batch = [];

    public HttpProducer(UserSet users, Ledger ledger, Uri server, string apiKey)
    {
        _users = users;
        _ledger = ledger;
        _url = new Uri(server, "/v1/events");
        _http = new HttpClient(new SocketsHttpHandler { MaxConnectionsPerServer = 1, UseCookies = false, UseProxy = false }) { Timeout = TimeSpan.FromSeconds(30) };
        _http.DefaultRequestHeaders.Add("X-API-Key", apiKey);
    }

    public long Retries { get; private set; }

    public async Task SendAsync(Feed feed, CancellationToken stop)
    {
        while (!feed.HasEnded && !stop.IsCancellationRequested)
        {
            Fill(feed);
            if (_batch.Count == 0) await Task.Delay(feed.UntilNext(BenchClock.Micros), TimeProvider.System, stop).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            else await PostUntilAnsweredAsync(stop);
        }
    }

    public void Dispose() => _http.Dispose();

    private void Fill(Feed feed)
    {
        _batch.Clear();
        _body.ResetWrittenCount();
        var now = BenchClock.Micros;
        var due = Math.Min(feed.CountDue(now), MaxBatch);
        for (; due > 0 && _body.WrittenCount < MaxBodyBytes; due--)
        {
            _body.Write(_batch.Count == 0 ? "["u8 : ","u8);
            _batch.Add(feed.Next(_body, now));
        }

        _body.Write("]"u8);
    }

    /// <summary>A request that was not answered, or with 503, is sent again as it is: the server knows the ids.</summary>
    private async Task PostUntilAnsweredAsync(CancellationToken stop)
    {
        while (!await TryPostAsync())
        {
            if (stop.IsCancellationRequested)
            {
                foreach (var _ in _batch) _ledger.Refuse();
                return;
            }

            Retries++;
            await Task.Delay(RetryAfter, TimeProvider.System, CancellationToken.None);
        }
    }

    private async Task<bool> TryPostAsync()
    {
        try
        {
            using var content = new ReadOnlyMemoryContent(_body.WrittenMemory);
            content.Headers.ContentType = Json;
            using var answer = await _http.PostAsync(_url, content);
            if (answer.StatusCode == HttpStatusCode.Accepted)
            {
                Take((await answer.Content.ReadFromJsonAsync(ContractsJson.Default.PublishAnswer))!);
                return true;
            }

            if (answer.StatusCode == HttpStatusCode.ServiceUnavailable) return false;
            throw new BenchFailedException($"POST {_url} was answered with {(int)answer.StatusCode}: {await answer.Content.ReadAsStringAsync()}");
        }
        catch (Exception e) when (e is HttpRequestException or IOException or TaskCanceledException)
        {
            return false;
        }
    }

    private void Take(PublishAnswer answer)
    {
        foreach (var accepted in answer.Accepted)
        {
            var (user, number) = _batch[accepted.Index];
            // An answer that names another user acknowledges nothing; the event is then found lost. One to a topic has a task instead.
            if (accepted.Task is not null || accepted.UserId == _users.NameOf(user)) _ledger.Acknowledge(user, number);
        }

        foreach (var _ in answer.Rejected) _ledger.Refuse();
    }
}
