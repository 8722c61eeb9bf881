using System.Net.Sockets;
using System.Text.Json;
using System.Threading.Channels;
using Belfry.Contracts;

namespace Belfry.SystemTests.Running;

/// <summary>
/// A client as the protocol wants it: keeps every id, bare ones too, and resumes by the last one. What it reads, block by block,
/// waits in a channel.
/// </summary>
internal sealed class StreamClient : IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly Channel<StreamBlock> _blocks = Channel.CreateUnbounded<StreamBlock>(); // A test reads all of it.
    private readonly CancellationTokenSource _stop = new();
    private readonly HttpClient _http = new() { Timeout = Timeout.InfiniteTimeSpan };
    private readonly string _token;
    private readonly string _query;
    private readonly bool _reconnect;
    private readonly Task _running;
    private Uri _server;

    public StreamClient(Uri server, string token, string query, string? cursor, bool reconnect)
    {
        _server = server;
        _query = query;
        _token = token;
        Cursor = cursor;
        _reconnect = reconnect;
        _running = RunAsync();
    }

    /// <summary>The last id of any block.</summary>
    public string? Cursor { get; private set; }

    public int Connects { get; private set; }

    /// <summary>Connects to another server from the next time on.</summary>
    public void MoveTo(Uri server) => Volatile.Write(ref _server, server);

    /// <summary>The next block that is one of these events; others are passed over.</summary>
    public async Task<StreamBlock> NextAsync(params string[] events)
    {
        using var patience = new CancellationTokenSource(Patience);
        while (true)
        {
            var block = await _blocks.Reader.ReadAsync(patience.Token);
            if (events.Length == 0 || events.Contains(block.Event)) return block;
        }
    }

    public async Task<List<Notification>> TakeAsync(int count)
    {
        var taken = new List<Notification>();
        while (taken.Count < count) taken.Add((await NextAsync(StreamEvents.Notification)).Notification);
        return taken;
    }

    /// <summary>What has been read and not been asked for.</summary>
    public List<StreamBlock> Rest()
    {
        var rest = new List<StreamBlock>();
        while (_blocks.Reader.TryRead(out var block)) rest.Add(block);
        return rest;
    }

    /// <summary>Completes when a client that does not reconnect has read to the end of its stream.</summary>
    public Task EndedAsync() => _running.WaitAsync(Patience);

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _running.WaitAsync(Patience);
        _http.Dispose();
        _stop.Dispose();
    }

    private async Task RunAsync()
    {
        while (!_stop.IsCancellationRequested)
        {
            try
            {
                await ReadOneAsync();
            }
            catch (Exception e) when (e is HttpRequestException or IOException or SocketException or OperationCanceledException)
            {
                // The connection is gone; the cursor is not.
            }

            if (!_reconnect) break;
            await Task.WhenAny(Task.Delay(TimeSpan.FromMilliseconds(100), TimeProvider.System, _stop.Token));
        }

        _blocks.Writer.TryComplete();
    }

    private async Task ReadOneAsync()
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, new Uri(Volatile.Read(ref _server), "/v1/stream" + _query));
        request.Headers.Add("Authorization", "Bearer " + _token);
        if (Cursor is not null) request.Headers.Add("Last-Event-ID", Cursor);
        using var response = await _http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, _stop.Token);
        response.EnsureSuccessStatusCode();
        Connects++;
        using var reader = new StreamReader(await response.Content.ReadAsStreamAsync(_stop.Token));
        string name = "", data = "";
        string? id = null;
        while (await reader.ReadLineAsync(_stop.Token) is { } line)
        {
            if (line.StartsWith("event: ", StringComparison.Ordinal)) name = line[7..];
            else if (line.StartsWith("id: ", StringComparison.Ordinal)) id = line[4..];
            else if (line.StartsWith("data: ", StringComparison.Ordinal)) data = line[6..];
            if (line.Length > 0) continue;

            if (id is not null) Cursor = id;
            if (id is not null || name.Length > 0) _blocks.Writer.TryWrite(new StreamBlock(name, id, data));
            (name, id, data) = ("", null, "");
        }
    }
}

/// <summary>One block; a bare id has neither event nor data.</summary>
internal sealed record StreamBlock(string Event, string? Id, string Data)
{
    public Notification Notification => JsonSerializer.Deserialize(Data, ContractsJson.Default.Notification)!;

    public Reset Reset => JsonSerializer.Deserialize(Data, ContractsJson.Default.Reset)!;

    public CaughtUp CaughtUp => JsonSerializer.Deserialize(Data, ContractsJson.Default.CaughtUp)!;
}
