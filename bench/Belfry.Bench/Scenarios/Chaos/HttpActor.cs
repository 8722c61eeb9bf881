using System.Buffers;
using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Net.Sockets;
using Belfry.Contracts;

namespace Belfry.Bench.Scenarios.Chaos;

/// <summary>
/// Posts what is due, as one batch, to any instance; what is not acknowledged is sent again as it is, to another one, until it is.
/// Not for several threads.
/// </summary>
internal sealed class HttpActor : IDisposable
{
    private const int MaxBatch = 500;

    private static readonly TimeSpan RetryAfter = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan Timeout = TimeSpan.FromSeconds(5);
    private static readonly MediaTypeHeaderValue Json = new("application/json");

    private readonly UserSet _users;
    private readonly ChaosLedger _ledger;
    private readonly Uri[] _instances;
    private readonly Random _random;
    private readonly HttpClient _http = new(new SocketsHttpHandler { UseCookies = false, UseProxy = false }) { Timeout = Timeout };
    private readonly ArrayBufferWriter<byte> _event = new(4096);
    private readonly ArrayBufferWriter<byte> _body = new(64 * 1024);
    private readonly List<Sent> _batch = [];

    public HttpActor(UserSet users, ChaosLedger ledger, IEnumerable<Uri> instances, string apiKey, int seed)
    {
        _users = users;
        _ledger = ledger;
        _instances = [.. instances.Select(url => new Uri(url, "/v1/events"))];
        _random = new Random(seed);
        _http.DefaultRequestHeaders.Add("X-API-Key", apiKey);
    }

    /// <summary>Ends when all has been acknowledged, or <paramref name="giveUp"/>.</summary>
    public async Task RunAsync(ChaosFeed feed, CancellationToken giveUp)
    {
        while (!feed.HasEnded && !giveUp.IsCancellationRequested)
        {
            Fill(feed);
            if (_batch.Count == 0) await Task.Delay(feed.UntilNext(BenchClock.Micros), TimeProvider.System, giveUp).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            else await PostUntilAcknowledgedAsync(giveUp);
        }
    }

    public void Dispose() => _http.Dispose();

    private void Fill(ChaosFeed feed)
    {
        _batch.Clear();
        _body.ResetWrittenCount();
        var now = BenchClock.Micros;
        while (_batch.Count < MaxBatch)
        {
            _event.ResetWrittenCount();
            if (!feed.TryNext(_event, now, out var sent)) break;
            _body.Write(_batch.Count == 0 ? "["u8 : ","u8);
            _body.Write(_event.WrittenSpan);
            _batch.Add(sent);
        }

        _body.Write("]"u8);
    }

    private async Task PostUntilAcknowledgedAsync(CancellationToken giveUp)
    {
        for (var instance = _random.Next(_instances.Length); !await TryPostAsync(_instances[instance]); instance = Other(instance))
        {
            if (giveUp.IsCancellationRequested)
            {
                foreach (var sent in _batch) _ledger.Refuse(sent.User, sent.Number, "no instance would take it");
                return;
            }

            _ledger.Retry();
            await Task.Delay(RetryAfter, TimeProvider.System, CancellationToken.None);
        }
    }

    private int Other(int instance) =>
        _instances.Length == 1 ? 0 : (instance + 1 + _random.Next(_instances.Length - 1)) % _instances.Length;

    private async Task<bool> TryPostAsync(Uri instance)
    {
        try
        {
            using var content = new ReadOnlyMemoryContent(_body.WrittenMemory);
            content.Headers.ContentType = Json;
            using var answer = await _http.PostAsync(instance, content);
            if (answer.StatusCode == HttpStatusCode.Accepted)
            {
                Take((await answer.Content.ReadFromJsonAsync(ContractsJson.Default.PublishAnswer))!);
                return true;
            }

            if (answer.StatusCode is HttpStatusCode.ServiceUnavailable or HttpStatusCode.TooManyRequests) return false;
            var why = $"answered with {(int)answer.StatusCode}: {await answer.Content.ReadAsStringAsync()}";
            foreach (var sent in _batch) _ledger.Refuse(sent.User, sent.Number, why);
            return true;
        }
        // SocketException: of a connection that is reset in the moment in which it has come about, HttpClient hands it on as it is.
        catch (Exception e) when (e is HttpRequestException or IOException or TaskCanceledException or SocketException)
        {
            return false;
        }
    }

    private void Take(PublishAnswer answer)
    {
        foreach (var accepted in answer.Accepted)
        {
            var sent = _batch[accepted.Index];
            // An answer that names another user acknowledges nothing; the event is then found refused.
            if (accepted.UserId == _users.NameOf(sent.User)) _ledger.AcknowledgeByHttp(sent.User, sent.Number, accepted.Seq ?? 0, accepted.Duplicate);
            else _ledger.Refuse(sent.User, sent.Number, $"acknowledged for '{accepted.UserId}'");
        }

        foreach (var rejected in answer.Rejected)
        {
            var sent = _batch[rejected.Index];
            _ledger.Refuse(sent.User, sent.Number, $"rejected: {rejected.Problem.Detail ?? rejected.Problem.Title}");
        }
    }
}
