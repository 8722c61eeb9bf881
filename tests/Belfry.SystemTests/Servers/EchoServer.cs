using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;

namespace Belfry.SystemTests.Servers;

/// <summary>Sends back whatever comes, and tells how much that was.</summary>
internal sealed class EchoServer : IAsyncDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource _end = new();
    private readonly ConcurrentDictionary<int, TaskCompletionSource> _marks = new();
    private readonly Task _running;
    private int _seen;

    public EchoServer()
    {
        _listener.Start();
        _running = AcceptAsync();
    }

    public int Port => ((IPEndPoint)_listener.LocalEndpoint).Port;

    /// <summary>Ends when so many bytes have come in, over all connections.</summary>
    public Task Seen(int bytes)
    {
        var mark = Mark(bytes);
        if (Volatile.Read(ref _seen) >= bytes) mark.TrySetResult();
        return mark.Task;
    }

    public async ValueTask DisposeAsync()
    {
        await _end.CancelAsync();
        await _running;
        _listener.Dispose();
        _end.Dispose();
    }

    private async Task AcceptAsync()
    {
        var connections = new List<Task>();
        try
        {
            while (true) connections.Add(EchoAsync(await _listener.AcceptSocketAsync(_end.Token)));
        }
        catch (OperationCanceledException)
        {
            await Task.WhenAll(connections);
        }
    }

    private async Task EchoAsync(Socket socket)
    {
        var buffer = new byte[4096];
        try
        {
            while (await socket.ReceiveAsync(buffer, _end.Token) is > 0 and var count)
            {
                await socket.SendAsync(buffer.AsMemory(0, count), _end.Token);
                var seen = Interlocked.Add(ref _seen, count);
                foreach (var (bytes, mark) in _marks.Where(pair => pair.Key <= seen)) mark.TrySetResult();
            }
        }
        catch (Exception e) when (e is SocketException or OperationCanceledException)
        {
            // The proxy's tests cut what they like.
        }
        socket.Dispose();
    }

    private TaskCompletionSource Mark(int bytes) => _marks.GetOrAdd(bytes, _ => new(TaskCreationOptions.RunContinuationsAsynchronously));
}
