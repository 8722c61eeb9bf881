using System.Net;
using System.Net.Sockets;

namespace Belfry.Servers;

/// <summary>
/// One connection through the proxy: two pumps, each the only one to touch its direction. Cut from outside or ended by an
/// error, it is reset at both ends, and whatever was under way is lost.
/// </summary>
internal sealed class FaultProxyConnection(
    Socket client, AsyncGate toServer, AsyncGate toClient, Func<ArmedFault?> armed, Func<TimeSpan> latency, KafkaAddress? address) : IDisposable
{
    private const int BufferBytes = 64 * 1024;

    private readonly Socket _server = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
    private readonly CancellationTokenSource _cut = new();
    private volatile ArmedFault? _caught;

    /// <summary>The whole of its run; for the proxy alone.</summary>
    public Task Served { get; set; } = Task.CompletedTask;

    /// <summary>Connects to the server and forwards until both sides have ended, or the connection is cut.</summary>
    public async Task RunAsync(int target)
    {
        client.NoDelay = true;
        // The client of a server that is not there shall see it as it would without us: a reset.
        await ForwardAsync(async () => await _server.ConnectAsync(IPAddress.Loopback, target, _cut.Token));
        await Task.WhenAll(ForwardAsync(PumpRequestsAsync), ForwardAsync(PumpAnswersAsync));
    }

    /// <summary>Resets both ends, so that neither pump can wait for what never comes.</summary>
    public void Cut()
    {
        _cut.Cancel();
        client.Close(timeout: 0);
        _server.Close(timeout: 0);
    }

    public void Dispose()
    {
        // Not the token's source: a cut may come at the same moment, and without a timer it holds nothing.
        client.Dispose();
        _server.Dispose();
    }

    private async Task ForwardAsync(Func<Task> pump)
    {
        try
        {
            await pump();
        }
        catch (Exception e) when (e is SocketException or OperationCanceledException or ObjectDisposedException)
        {
            Cut();
        }
        catch
        {
            Cut();
            throw;
        }
    }

    private async Task PumpRequestsAsync()
    {
        var buffer = new byte[BufferBytes];
        ArmedFault? fault = null;
        BytePattern? request = null;
        while (true)
        {
            var count = await client.ReceiveAsync(buffer, _cut.Token);
            await DelayAsync();
            await toServer.PassAsync(_cut.Token);
            if (count == 0) break;

            if (armed() is { } current && current != fault) (fault, request) = (current, current.WatchForRequest());
            if (fault is not null && request!.EndsIn(buffer.AsSpan(0, count)) && fault.TryTake())
            {
                if (fault.LosesRequest)
                {
                    Cut();
                    fault.Complete();
                    return;
                }
                // Before the request goes on, so that its answer cannot come first.
                _caught = fault;
            }
            await SendAsync(_server, buffer.AsMemory(0, count));
        }
        _server.Shutdown(SocketShutdown.Send);
    }

    private async Task PumpAnswersAsync()
    {
        var buffer = new byte[BufferBytes];
        while (true)
        {
            var count = await _server.ReceiveAsync(buffer, _cut.Token);
            await DelayAsync();
            await toClient.PassAsync(_cut.Token);
            address?.Replace(buffer.AsSpan(0, count));
            if (_caught is { } caught)
            {
                await WithholdAsync(caught, buffer, count);
                return;
            }
            if (count == 0) break;
            await SendAsync(client, buffer.AsMemory(0, count));
        }
        client.Shutdown(SocketShutdown.Send);
    }

    private async Task WithholdAsync(ArmedFault fault, byte[] buffer, int count)
    {
        var answer = fault.WatchForAnswer();
        while (count > 0 && !answer.EndsIn(buffer.AsSpan(0, count))) count = await _server.ReceiveAsync(buffer, _cut.Token);
        Cut();
        if (count > 0) fault.Complete();
        else fault.Fail("The server ended the connection without the answer that was to be lost.");
    }

    private async Task DelayAsync()
    {
        if (latency() is { Ticks: > 0 } wait) await Task.Delay(wait, TimeProvider.System, _cut.Token);
    }

    private async Task SendAsync(Socket socket, ReadOnlyMemory<byte> bytes)
    {
        while (bytes.Length > 0) bytes = bytes[await socket.SendAsync(bytes, _cut.Token)..];
    }
}
