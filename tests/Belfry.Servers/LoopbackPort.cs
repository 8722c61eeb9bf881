using System.Collections.Concurrent;
using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace Belfry.Servers;

/// <summary>
/// Hands out ports of 127.0.0.1 for servers. They lie below the range from which the kernel takes the local ports of
/// outgoing connections: a server that is killed must find its port free when it comes back, however many clients are knocking.
/// </summary>
public static class LoopbackPort
{
    private const int Lowest = 15_000;
    private const int DefaultEphemeralStart = 32_768;

    private static readonly ConcurrentDictionary<int, bool> Given = new();
    private static readonly int EphemeralStart = ReadEphemeralStart();

    /// <summary>A port that nothing listens on and that this process has not been given before.</summary>
    public static int Free()
    {
        for (var attempt = 0; attempt < 1_000; attempt++)
        {
            var port = Random.Shared.Next(Lowest, EphemeralStart);
            if (CanBind(port) && Given.TryAdd(port, true)) return port;
        }
        throw new InvalidOperationException($"No free port between {Lowest} and {EphemeralStart} on 127.0.0.1.");
    }

    /// <summary>True when something takes connections on the port.</summary>
    public static async Task<bool> AnswersAsync(int port, CancellationToken ct = default)
    {
        using var client = new TcpClient();
        try
        {
            await client.ConnectAsync(IPAddress.Loopback, port, ct);
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }

    private static bool CanBind(int port)
    {
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            socket.Bind(new IPEndPoint(IPAddress.Loopback, port));
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }

    private static int ReadEphemeralStart()
    {
        const string range = "/proc/sys/net/ipv4/ip_local_port_range";
        if (!File.Exists(range)) return DefaultEphemeralStart;
        var start = int.Parse(File.ReadAllText(range).Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries)[0], CultureInfo.InvariantCulture);
        return start > Lowest + 1_000 ? start : DefaultEphemeralStart;
    }
}
