using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;
using Belfry.Contracts;
using Belfry.SystemTests.Running;
using Xunit;

namespace Belfry.SystemTests.Streams;

/// <summary>A client that does not read, with a socket that takes little.</summary>
public sealed partial class SlowClientTests(SharedPostgres shared)
{
    private const int Events = 3000;

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Fact]
    public async Task It_holds_up_nobody_and_gets_everything_in_order_when_it_reads_again()
    {
        await using var service = await Service.StartAsync(await shared.CreateDatabaseAsync(Cancelled), Cancelled);
        using var slow = await ConnectAsync(service.Process.Url, "user-1");
        await using var quick = service.Open("user-1");
        await quick.NextAsync(StreamEvents.CaughtUp);

        // 6 MB: far more than both ends' sockets and the server's share hold.
        var payload = JsonSerializer.SerializeToElement(new string('x', 2000));
        for (var from = 0; from < Events; from += 250)
        {
            await service.PublishAsync([.. Enumerable.Range(0, 250).Select(_ => Service.Event("user-1") with { Payload = payload })], Cancelled);
        }

        Assert.Equal(Enumerable.Range(1, Events).Select(n => (long)n), (await quick.TakeAsync(Events)).Select(n => n.Seq));

        var seqs = new List<long>();
        using var reader = new StreamReader(slow.GetStream(), Encoding.UTF8);
        while (seqs.Count < Events)
        {
            var line = await reader.ReadLineAsync(Cancelled).AsTask().WaitAsync(Patience, TimeProvider.System, Cancelled);
            if (line is null) Assert.Fail($"The stream ended after {seqs.Count} notifications.");
            if (Seq.Match(line) is { Success: true } match) seqs.Add(long.Parse(match.Groups["seq"].ValueSpan, CultureInfo.InvariantCulture));
        }

        Assert.Equal(Enumerable.Range(1, Events).Select(n => (long)n), seqs);
    }

    private static async Task<TcpClient> ConnectAsync(Uri server, string user)
    {
        var client = new TcpClient { ReceiveBufferSize = 4096 };
        await client.ConnectAsync(IPAddress.Loopback, server.Port, Cancelled);
        var request = $"GET /v1/stream?since=earliest HTTP/1.1\r\nHost: {server.Authority}\r\nAuthorization: Bearer {Service.TokenFor(user)}\r\n\r\n";
        await client.GetStream().WriteAsync(Encoding.ASCII.GetBytes(request), Cancelled);
        return client;
    }

    // Of the data line; chunk sizes stand on lines of their own.
    [GeneratedRegex(@"^data: \{.*?""seq"":(?<seq>\d+)")]
    private static partial Regex Seq { get; }
}
