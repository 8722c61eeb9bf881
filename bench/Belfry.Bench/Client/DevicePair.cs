using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using Belfry.Bench.Measuring;

namespace Belfry.Bench.Client;

/// <summary>One user with two devices: the first marks his first notification as read and as unread again, the second has a stream.</summary>
internal sealed class DevicePair : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(1);

    private readonly HttpClient _first;
    private readonly HttpClient _second;
    private HttpResponseMessage? _answer;
    private System.IO.StreamReader? _stream;

    public DevicePair(string token, Uri first, Uri second)
    {
        _first = ClientOf(first, token);
        _second = ClientOf(second, token);
    }

    /// <summary>From the request until the other device has been told.</summary>
    public Latencies Shown { get; } = new(Latencies.Coarse);

    public async Task OpenAsync(CancellationToken ct)
    {
        var request = new HttpRequestMessage(HttpMethod.Get, "/v1/stream?since=latest");
        _answer = await _second.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, ct);
        _answer.EnsureSuccessStatusCode();
        _stream = new System.IO.StreamReader(await _answer.Content.ReadAsStreamAsync(ct), Encoding.UTF8);
        await ReadAsync("caught-up", ct);
    }

    /// <summary>About one change a second, each begun when the one before has shown.</summary>
    public async Task RunAsync(CancellationToken stop)
    {
        try
        {
            await Task.Delay(Pause * Random.Shared.NextDouble(), TimeProvider.System, stop);
            for (var isRead = true; !stop.IsCancellationRequested; isRead = !isRead)
            {
                var begun = BenchClock.Micros;
                var version = await MarkAsync(isRead ? "read" : "unread", stop);
                while (VersionIn(await ReadAsync("state", stop)) < version)
                {
                }

                Shown.Record(BenchClock.Micros - begun);
                await Task.Delay(Pause, TimeProvider.System, stop);
            }
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            // The time is over.
        }
    }

    public void Dispose()
    {
        _stream?.Dispose();
        _answer?.Dispose();
        _first.Dispose();
        _second.Dispose();
    }

    private async Task<long> MarkAsync(string change, CancellationToken ct)
    {
        using var body = new StringContent("""{"seqs":[1]}""", Encoding.UTF8, "application/json");
        using var answer = await _first.PostAsync(new Uri($"/v1/inbox/{change}", UriKind.Relative), body, ct);
        answer.EnsureSuccessStatusCode();
        return VersionIn(await answer.Content.ReadAsStringAsync(ct));
    }

    /// <summary>The data of the next event of this name.</summary>
    private async Task<string> ReadAsync(string name, CancellationToken ct)
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(ct);
        patience.CancelAfter(Patience);
        var found = false;
        while (await _stream!.ReadLineAsync(patience.Token) is { } line)
        {
            if (line.StartsWith("event: ", StringComparison.Ordinal)) found = line.AsSpan(7).SequenceEqual(name);
            else if (found && line.StartsWith("data: ", StringComparison.Ordinal)) return line[6..];
        }

        throw new BenchFailedException("A device's stream has ended.");
    }

    private static long VersionIn(string json)
    {
        using var document = JsonDocument.Parse(json);
        return document.RootElement.GetProperty("state_version").GetInt64();
    }

    private static HttpClient ClientOf(Uri server, string token)
    {
        var client = new HttpClient { BaseAddress = server, Timeout = Timeout.InfiniteTimeSpan };
        client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", token);
        return client;
    }
}
