using System.Net.Http.Headers;
using System.Net.Sockets;
using System.Text.Json;
using Belfry.Contracts;
using Belfry.SystemTests.Running;
using Xunit;

namespace Belfry.SystemTests.Streams;

/// <summary>A client that does not read, with a socket that takes little.</summary>
public sealed class SlowClientTests(SharedPostgres shared)
{
    private const int Events = 3000;

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Fact]
    public async Task It_holds_up_nobody_and_gets_everything_in_order_when_it_reads_again()
    {
        await using var service = await Service.StartAsync(await shared.CreateDatabaseAsync(Cancelled), Cancelled);
        using var http = new HttpClient(new SocketsHttpHandler { ConnectCallback = ConnectAsync }) { Timeout = Patience };
        using var slow = await OpenAsync(http, service.Process.Url);
        await using var quick = service.Open("user-1");
        await quick.NextAsync(StreamEvents.CaughtUp);

        // 6 MB: far more than both ends' sockets and the server's share hold.
        var payload = JsonSerializer.SerializeToElement(new string('x', 2000));
        for (var from = 0; from < Events; from += 250)
        {
            await service.PublishAsync([.. Enumerable.Range(0, 250).Select(_ => Service.Event("user-1") with { Payload = payload })], Cancelled);
        }

        var all = Enumerable.Range(1, Events).Select(n => (long)n).ToList();
        Assert.Equal(all, (await quick.TakeAsync(Events)).Select(n => n.Seq));
        Assert.Equal(all, await ReadSeqsAsync(slow).WaitAsync(Patience, TimeProvider.System, Cancelled));
    }

    private static async Task<HttpResponseMessage> OpenAsync(HttpClient http, Uri server)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, new Uri(server, "/v1/stream?since=earliest"));
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", Service.TokenFor("user-1"));
        return await http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, Cancelled);
    }

    private static async Task<List<long>> ReadSeqsAsync(HttpResponseMessage stream)
    {
        var seqs = new List<long>();
        using var reader = new StreamReader(await stream.Content.ReadAsStreamAsync(Cancelled));
        for (var name = ""; seqs.Count < Events && await reader.ReadLineAsync(Cancelled) is { } line;)
        {
            if (line.StartsWith("event: ", StringComparison.Ordinal)) name = line[7..];
            else if (name == StreamEvents.Notification && line.StartsWith("data: ", StringComparison.Ordinal)) seqs.Add(SeqOf(line[6..]));
            else if (line.Length == 0) name = "";
        }

        return seqs;
    }

    private static long SeqOf(string data) => JsonSerializer.Deserialize(data, ContractsJson.Default.Notification)!.Seq;

    private static async ValueTask<Stream> ConnectAsync(SocketsHttpConnectionContext context, CancellationToken ct)
    {
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { ReceiveBufferSize = 4096 };
        try
        {
            await socket.ConnectAsync(context.DnsEndPoint, ct);
            return new NetworkStream(socket, ownsSocket: true);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }
}
