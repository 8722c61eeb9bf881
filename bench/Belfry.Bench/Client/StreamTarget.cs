using System.Net;
using System.Text;

namespace Belfry.Bench.Client;

/// <summary>Where and how to ask for streams. Immutable.</summary>
internal sealed class StreamTarget
{
    private const int ConnectionsPerSource = 20_000;

    private readonly UserToken _tokens;
    private readonly UserSet _users;
    private readonly Instance[] _instances;
    private readonly SocketAddress[] _sources;

    public StreamTarget(IReadOnlyList<Uri> urls, UserToken tokens, UserSet users, int connections)
    {
        _tokens = tokens;
        _users = users;
        _instances = [.. urls.Select(url => new Instance(url.Authority, new IPEndPoint(IPAddress.Parse(url.Host), url.Port).Serialize()))];
        // One source address has some 28,000 ports; all of 127.0.0.0/8 is this machine.
        _sources = connections <= ConnectionsPerSource
            ? []
            : [.. Enumerable.Range(0, (connections - 1) / ConnectionsPerSource + 1).Select(i => new IPEndPoint(new IPAddress([127, 0, 0, (byte)(i + 1)]), 0).Serialize())];
    }

    /// <summary>Streams go to the instances in turn.</summary>
    public SocketAddress ServerOf(StreamConnection connection) => InstanceOf(connection).Address;

    /// <summary>The address that the connection comes from; null leaves it to the system.</summary>
    public SocketAddress? SourceOf(int connection) => _sources.Length == 0 ? null : _sources[connection / ConnectionsPerSource % _sources.Length];

    /// <summary>A stream from the mailbox's beginning, or from the cursor.</summary>
    public byte[] RequestOf(StreamConnection connection)
    {
        var resume = connection.Cursor is { } cursor ? $"Last-Event-ID: {cursor}\r\n" : "";
        return Encoding.ASCII.GetBytes(
            $"GET /v1/stream?since=earliest HTTP/1.1\r\nHost: {InstanceOf(connection).Authority}\r\nAccept: text/event-stream\r\nX-Belfry-Client: bench/1\r\n"
            + $"Authorization: Bearer {_tokens.For(_users.NameOf(connection.User))}\r\n{resume}\r\n");
    }

    /// <summary>Sends it to one of the other instances, as a load balancer does that sees this one fail.</summary>
    public void Divert(StreamConnection connection)
    {
        if (_instances.Length > 1) connection.Diversion += 1 + (int)(BenchClock.Micros % (_instances.Length - 1));
    }

    private Instance InstanceOf(StreamConnection connection) => _instances[(connection.Index + connection.Diversion) % _instances.Length];

    private readonly record struct Instance(string Authority, SocketAddress Address);
}
