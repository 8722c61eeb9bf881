using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Threading.Channels;

namespace Belfry.Tests.Bench.Client;

/// <summary>Takes connections on loopback, hands out each with the request that came, and sends what it is told.</summary>
internal sealed class ScriptedServer : IDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly Channel<ScriptedConnection> _connections = Channel.CreateUnbounded<ScriptedConnection>();

    public ScriptedServer()
    {
        _listener.Start();
        _ = AcceptAsync();
    }

    public Uri Url => new($"http://127.0.0.1:{((IPEndPoint)_listener.LocalEndpoint).Port}");

    public async Task<ScriptedConnection> NextAsync(CancellationToken ct) => await _connections.Reader.ReadAsync(ct);

    public void Dispose() => _listener.Dispose();

    private async Task AcceptAsync()
    {
        try
        {
            while (true)
            {
                var socket = await _listener.AcceptSocketAsync();
                var buffer = new byte[8192];
                var request = "";
                while (!request.EndsWith("\r\n\r\n", StringComparison.Ordinal))
                {
                    request += Encoding.ASCII.GetString(buffer, 0, await socket.ReceiveAsync(buffer));
                }

                await _connections.Writer.WriteAsync(new ScriptedConnection(socket, request));
            }
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            _connections.Writer.Complete();
        }
    }
}

internal sealed class ScriptedConnection(Socket socket, string request) : IDisposable
{
    public string Request => request;

    public void SendHead() => Send("HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n");

    public void SendChunk(string content) => Send($"{Encoding.UTF8.GetByteCount(content):x}\r\n{content}\r\n");

    public void Send(string text) => socket.Send(Encoding.UTF8.GetBytes(text));

    /// <summary>The end of a stream that the server closes in order.</summary>
    public void Dispose()
    {
        Send("0\r\n\r\n");
        socket.Dispose();
    }
}
