using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;

namespace Belfry.Servers;

/// <summary>The ways through a <see cref="FaultProxy"/>.</summary>
[Flags]
public enum Way
{
    ToServer = 1,
    ToClient = 2,
    Both = ToServer | ToClient,
}

/// <summary>
/// A way to a server on 127.0.0.1 that can be broken and mended: clients use the proxy's port in place of the server's.
/// Safe for use by several threads.
/// </summary>
public sealed class FaultProxy : IAsyncDisposable
{
    private readonly int _target;
    private readonly bool _takesKafka;
    private readonly AsyncGate _toServer = new();
    private readonly AsyncGate _toClient = new();
    private readonly ConcurrentDictionary<FaultProxyConnection, FaultProxyConnection> _connections = new();
    private readonly Lock _listening = new();
    private volatile ArmedFault? _armed;
    private long _latencyTicks;
    private Socket? _listener;
    private Task _accepting = Task.CompletedTask;

    private FaultProxy(int target, bool takesKafka)
    {
        _target = target;
        _takesKafka = takesKafka;
        Accept();
    }

    /// <summary>The proxy's own port; it stays the same when it refuses and accepts again.</summary>
    public int Port { get; } = LoopbackPort.Free();

    /// <summary>How many connections go through it now.</summary>
    public int Connections => _connections.Count;

    /// <summary>Forwards to a port of 127.0.0.1.</summary>
    public static FaultProxy Start(int targetPort) => new(targetPort, takesKafka: false);

    /// <summary>
    /// Forwards to a Kafka broker, and puts its own port into the addresses that the broker tells its clients: else they would go past
    /// the proxy from their second connection on.
    /// </summary>
    public static FaultProxy StartForKafka(int brokerPort) => new(brokerPort, takesKafka: true);

    /// <summary>Resets all connections at both ends; new ones are taken.</summary>
    public void Cut()
    {
        foreach (var connection in _connections.Keys) connection.Cut();
    }

    /// <summary>Takes no new connections, as if nothing listened; those that are open stay.</summary>
    public void Refuse()
    {
        lock (_listening)
        {
            _listener?.Dispose();
            _listener = null;
        }
    }

    /// <summary>Takes connections again after <see cref="Refuse"/>.</summary>
    public void Accept()
    {
        lock (_listening)
        {
            if (_listener is not null) return;
            _listener = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
            _listener.Bind(new IPEndPoint(IPAddress.Loopback, Port));
            _listener.Listen(512);
            _accepting = Task.WhenAll(_accepting, AcceptAsync(_listener));
        }
    }

    /// <summary>Half-open: connections stand and new ones are taken, but their bytes and their ends are held back.</summary>
    public void Stall(Way way = Way.Both)
    {
        if (way.HasFlag(Way.ToServer)) _toServer.Close();
        if (way.HasFlag(Way.ToClient)) _toClient.Close();
    }

    /// <summary>Everything takes so much longer, each way, until <see cref="Resume"/>; a busy connection gets narrower too.</summary>
    public void Delay(TimeSpan latency) => Interlocked.Exchange(ref _latencyTicks, latency.Ticks);

    /// <summary>Lets go what was held back, in order and complete.</summary>
    public void Resume()
    {
        Delay(TimeSpan.Zero);
        _toServer.Open();
        _toClient.Open();
    }

    /// <summary>
    /// Once: the first connection whose client sends <paramref name="request"/> has that forwarded, but what the server
    /// sends from there on is withheld, and when <paramref name="answer"/> is in it (so that the server is known to have done
    /// its work) both ends are reset. The task ends then.
    /// </summary>
    public Task LoseAnswerAsync(ReadOnlySpan<byte> request, ReadOnlySpan<byte> answer) => Arm(new ArmedFault(request.ToArray(), answer.ToArray()));

    /// <summary>Once: the first connection whose client sends <paramref name="request"/> is reset at both ends before the last byte of that reaches the server. The task ends then.</summary>
    public Task LoseRequestAsync(ReadOnlySpan<byte> request) => Arm(new ArmedFault(request.ToArray(), answer: null));

    public async ValueTask DisposeAsync()
    {
        Refuse();
        await _accepting;
        Cut();
        await Task.WhenAll(_connections.Keys.Select(connection => connection.Served));
    }

    private Task Arm(ArmedFault fault)
    {
        _armed = fault;
        return fault.Happened;
    }

    private async Task AcceptAsync(Socket listener)
    {
        while (true)
        {
            Socket client;
            try
            {
                client = await listener.AcceptAsync();
            }
            catch (Exception e) when (e is SocketException or ObjectDisposedException)
            {
                return;
            }

            var connection = new FaultProxyConnection(
                client, _toServer, _toClient, () => _armed, () => new TimeSpan(Interlocked.Read(ref _latencyTicks)), _takesKafka ? new KafkaAddress(Port) : null);
            // Known before it runs, so that its end finds it.
            _connections[connection] = connection;
            connection.Served = ServeAsync(connection);
        }
    }

    private async Task ServeAsync(FaultProxyConnection connection)
    {
        await connection.RunAsync(_target);
        _connections.TryRemove(connection, out _);
        connection.Dispose();
    }
}
