using System.Buffers;
using System.Globalization;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using System.Text;

namespace Belfry.SystemTests.Security;

/// <summary>One connection, with every byte of the request in the test's hand. Not for several threads.</summary>
internal sealed class RawConnection : IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private readonly Socket _socket;
    private readonly NetworkStream _stream;
    private readonly List<byte> _read = [];
    private byte[]? _buffer; // Thousands of connections are never read.

    private RawConnection(Socket socket)
    {
        _socket = socket;
        _stream = new NetworkStream(socket, ownsSocket: true);
    }

    private byte[] Buffer => _buffer ??= new byte[16 * 1024];

    /// <param name="receiveBuffer">What the kernel may hold for a client that does not read.</param>
    public static async Task<RawConnection> OpenAsync(Uri server, CancellationToken ct, int? receiveBuffer = null)
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        if (receiveBuffer is { } size) socket.ReceiveBufferSize = size;
        try
        {
            await socket.ConnectAsync(server.Host, server.Port, ct);
            return new RawConnection(socket);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    public Task SendAsync(string text, CancellationToken ct) => SendAsync(Encoding.Latin1.GetBytes(text), ct);

    public Task SendAsync(ReadOnlyMemory<byte> bytes, CancellationToken ct) => _stream.WriteAsync(bytes, ct).AsTask();

    /// <summary>Nothing more will be sent; answers are still taken.</summary>
    public void EndSending() => _socket.Shutdown(SocketShutdown.Send);

    /// <summary>The next answer, a stream's up to its first block; null when the server has closed instead.</summary>
    public async Task<RawAnswer?> ReadAnswerAsync(CancellationToken ct)
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(ct);
        patience.CancelAfter(Patience);
        if (await ReadToAsync("\r\n\r\n"u8.ToArray(), patience.Token) is not { } head) return null;

        var text = Encoding.Latin1.GetString(head);
        var answer = new RawAnswer(int.Parse(text.AsSpan(9, 3), CultureInfo.InvariantCulture), text, "");
        if (answer.HeaderOf("Content-Type") == "text/event-stream") return answer with { Body = Text(await ReadToAsync("\n\n"u8.ToArray(), patience.Token)) };
        if (answer.HeaderOf("Content-Length") is { } length)
        {
            return answer with { Body = Text(await ReadAsync(int.Parse(length, CultureInfo.InvariantCulture), patience.Token)) };
        }

        return answer.HeaderOf("Transfer-Encoding") == "chunked" ? answer with { Body = await ReadChunksAsync(patience.Token) } : answer;
    }

    /// <summary>Reads and forgets until the server closes; how many bytes there were.</summary>
    /// <exception cref="TimeoutException">It did not in time.</exception>
    public async Task<long> ReadToEndAsync(TimeSpan limit, CancellationToken ct)
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(ct);
        patience.CancelAfter(limit);
        var total = 0L;
        try
        {
            while (await _stream.ReadAsync(Buffer, patience.Token) is > 0 and var read) total += read;
        }
        catch (IOException)
        {
            // Reset: closed, too.
        }
        catch (OperationCanceledException) when (!ct.IsCancellationRequested)
        {
            throw new TimeoutException($"The connection is still open after {limit.TotalSeconds} s.");
        }

        return total;
    }

    /// <summary>Up to this many bytes of what comes next; empty at the end.</summary>
    public async Task<byte[]> ReadSomeAsync(int most, CancellationToken ct)
    {
        if (_read.Count == 0 && !await FillAsync(ct)) return [];
        return Take(Math.Min(most, _read.Count));
    }

    public ValueTask DisposeAsync() => _stream.DisposeAsync();

    private async Task<string> ReadChunksAsync(CancellationToken ct)
    {
        var body = new ArrayBufferWriter<byte>();
        while (await ReadToAsync("\r\n"u8.ToArray(), ct) is { } line)
        {
            var length = int.Parse(Encoding.Latin1.GetString(line).Trim(), NumberStyles.HexNumber, CultureInfo.InvariantCulture);
            if (await ReadAsync(length + 2, ct) is not { } chunk) break;
            body.Write(chunk.AsSpan(0, length));
            if (length == 0) break;
        }

        return Text(body.WrittenSpan.ToArray());
    }

    private async Task<byte[]?> ReadToAsync(byte[] end, CancellationToken ct)
    {
        for (var from = 0; ;)
        {
            var at = CollectionsMarshal.AsSpan(_read)[from..].IndexOf(end);
            if (at >= 0) return Take(from + at + end.Length);
            from = Math.Max(0, _read.Count - end.Length + 1);
            if (!await FillAsync(ct)) return null;
        }
    }

    private async Task<byte[]?> ReadAsync(int count, CancellationToken ct)
    {
        while (_read.Count < count)
        {
            if (!await FillAsync(ct)) return null;
        }

        return Take(count);
    }

    private async Task<bool> FillAsync(CancellationToken ct)
    {
        try
        {
            var read = await _stream.ReadAsync(Buffer, ct);
            _read.AddRange(Buffer.AsSpan(0, read));
            return read > 0;
        }
        catch (IOException)
        {
            return false;
        }
    }

    private byte[] Take(int count)
    {
        var taken = _read[..count].ToArray();
        _read.RemoveRange(0, count);
        return taken;
    }

    private static string Text(byte[]? bytes) => Encoding.UTF8.GetString(bytes ?? []);
}
