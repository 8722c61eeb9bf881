using System.Globalization;
using System.Net;
using System.Text.Json;
using Belfry.Contracts;

namespace Belfry.Hosting.Listening;

/// <summary>What to listen to.</summary>
/// <param name="Server">The public address of the server.</param>
/// <param name="Token">The user's token.</param>
/// <param name="Since">Where to start without a cursor; null: what was not delivered yet.</param>
/// <param name="Cursor">Where to go on; null: see <paramref name="Since"/>.</param>
/// <param name="Types">Event types to be sent; null: all.</param>
internal sealed record ListenTarget(Uri Server, string Token, string? Since, string? Cursor, string? Types);

/// <summary>
/// Follows one user's stream over any number of connections: each goes on where the last complete block of the one before stood,
/// after the time that the server asked for.
/// </summary>
internal sealed class StreamListener(ListenTarget target, HttpClient http, TimeProvider time, Action<SseBlock> onEvent, Action<string> onStatus)
{
    // Four heartbeats.
    private static readonly TimeSpan SilenceLimit = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan MaxRetry = TimeSpan.FromMinutes(1);

    private string? _cursor = target.Cursor;
    private TimeSpan _retry = TimeSpan.FromSeconds(3);
    private bool _everConnected;

    /// <summary>Runs until the token says stop, or the server refuses for good.</summary>
    /// <exception cref="ListenRefusedException">The server will not change its mind, or was never reached.</exception>
    public async Task RunAsync(CancellationToken ct)
    {
        while (true)
        {
            var reason = await FollowAsync(ct);
            onStatus(string.Create(CultureInfo.InvariantCulture, $"{reason}; again in {_retry.TotalSeconds:0.0} s after {_cursor ?? "the start"}"));
            await Task.Delay(_retry, time, ct);
        }
    }

    /// <summary>One connection to its end; the answer is why it ended.</summary>
    private async Task<string> FollowAsync(CancellationToken ct)
    {
        using var silence = CancellationTokenSource.CreateLinkedTokenSource(ct);
        silence.CancelAfter(SilenceLimit);
        try
        {
            using var answer = await http.SendAsync(MakeRequest(), HttpCompletionOption.ResponseHeadersRead, silence.Token);
            if (answer.StatusCode != HttpStatusCode.OK) return await RefusedAsync(answer, silence.Token);

            _everConnected = true;
            onStatus($"connected to {target.Server}");
            await using var body = await answer.Content.ReadAsStreamAsync(silence.Token);
            await foreach (var block in SseReader.ReadAsync(body, () => silence.CancelAfter(SilenceLimit), silence.Token)) Take(block);
            return "the stream ended";
        }
        catch (Exception e) when (e is HttpRequestException or IOException && _everConnected)
        {
            return $"the connection was lost ({e.Message})";
        }
        catch (HttpRequestException e)
        {
            throw new ListenRefusedException($"{target.Server} cannot be reached: {e.Message}");
        }
        catch (OperationCanceledException) when (!ct.IsCancellationRequested)
        {
            return $"nothing was heard for {SilenceLimit.TotalSeconds} s";
        }
    }

    private HttpRequestMessage MakeRequest()
    {
        var query = new List<string>();
        if (_cursor is null && target.Since is not null) query.Add($"since={Uri.EscapeDataString(target.Since)}");
        if (target.Types is not null) query.Add($"types={Uri.EscapeDataString(target.Types)}");

        var request = new HttpRequestMessage(HttpMethod.Get, new Uri(target.Server, $"/v1/stream?{string.Join('&', query)}"));
        request.Headers.Authorization = new("Bearer", target.Token);
        request.Headers.Accept.ParseAdd("text/event-stream");
        // Says that we read problems: a plain EventSource would be answered 200 whatever is the matter.
        request.Headers.Add("X-Belfry-Client", $"belfry-listen/{BuildInfo.Version}");
        if (_cursor is not null) request.Headers.TryAddWithoutValidation("Last-Event-ID", _cursor);
        return request;
    }

    private void Take(SseBlock block)
    {
        if (block.Retry is { } retry) _retry = retry;
        if (block is { Event: StreamEvents.Bye, Data: not null }
            && JsonSerializer.Deserialize(block.Data, ContractsJson.Default.Bye) is { } bye)
        {
            _retry = TimeSpan.FromMilliseconds(bye.RetryMs);
        }

        if (block.Data is not null) onEvent(block);

        // After the event is out: what was printed and what the cursor says stay the same thing.
        if (block.Id is not null) _cursor = block.Id.Length == 0 ? null : block.Id;
    }

    private async Task<string> RefusedAsync(HttpResponseMessage answer, CancellationToken ct)
    {
        var text = $"{(int)answer.StatusCode} {await ReadDetailAsync(answer, ct)}";
        var passing = answer.StatusCode is HttpStatusCode.TooManyRequests or HttpStatusCode.RequestTimeout || (int)answer.StatusCode >= 500;
        if (!passing) throw new ListenRefusedException($"{target.Server} refuses: {text}");

        _everConnected = true;
        var asked = answer.Headers.RetryAfter?.Delta ?? _retry;
        _retry = asked < MaxRetry ? asked : MaxRetry;
        return $"the server said {text}";
    }

    private static async Task<string> ReadDetailAsync(HttpResponseMessage answer, CancellationToken ct)
    {
        try
        {
            var problem = JsonSerializer.Deserialize(await answer.Content.ReadAsStringAsync(ct), ContractsJson.Default.Problem);
            return $"{problem?.Title}. {problem?.Detail}".Trim();
        }
        catch (JsonException)
        {
            return answer.ReasonPhrase ?? "";
        }
    }
}

/// <summary>Trying again would change nothing.</summary>
internal sealed class ListenRefusedException(string message) : Exception(message);
