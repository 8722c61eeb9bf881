using System.Net;
using System.Text;

namespace Belfry.Bench.Client;

/// <summary>Where and how to ask for streams. Immutable.</summary>
internal sealed class StreamTarget
{
    private const int ConnectionsPerSource = 20_000;

    private readonly UserToken _tokens;
    private readonly UserSet _users;
    private readonly IReadOnlyList<Uri> _urls;
    private readonly SocketAddress[] _servers;
    private readonly SocketAddress[] _sources;

    /// <param name="urls">Instances of one service: a stream that breaks comes back to another one.</param>
    public StreamTarget(IReadOnlyList<Uri> urls, UserToken tokens, UserSet users, int connections)
    {
        _tokens = tokens;
        _users = users;
        _urls = urls;
        _servers = [.. urls.Select(url => new IPEndPoint(IPAddress.Parse(url.Host), url.Port).Serialize())];
        // One source address has some 28,000 ports; all of 127.0.0.0/8 is this machine.
        _sources = connections <= ConnectionsPerSource
            ? []
            : [.. Enumerable.Range(0, (connections - 1) / ConnectionsPerSource + 1).Select(i => new IPEndPoint(new IPAddress([127, 0, 0, (byte)(i + 1)]), 0).Serialize())];
    }

    public SocketAddress ServerAt(int server) => _servers[server];

    /// <summary>Where to connect next: to any, but not to the one before when there is another.</summary>
    /// <param name="server">The one before; -1: none.</param>
    public int NextAfter(int server, Random random) =>
        server < 0 || _servers.Length == 1 ? random.Next(_servers.Length) : (server + 1 + random.Next(_servers.Length - 1)) % _servers.Length;

    /// <summary>The address that the connection comes from; null leaves it to the system.</summary>
    public SocketAddress? SourceOf(int connection) => _sources.Length == 0 ? null : _sources[connection / ConnectionsPerSource % _sources.Length];

    /// <summary>A stream from the mailbox's beginning, or from the cursor.</summary>
    public byte[] RequestOf(int server, int user, string? cursor)
    {
        var resume = cursor is null ? "" : $"Last-Event-ID: {cursor}\r\n";
        return Encoding.ASCII.GetBytes(
            $"GET /v1/stream?since=earliest HTTP/1.1\r\nHost: {_urls[server].Authority}\r\nAccept: text/event-stream\r\nX-Belfry-Client: bench/1\r\n"
            + $"Authorization: Bearer {_tokens.For(_users.NameOf(user))}\r\n{resume}\r\n");
    }
}
