using System.Text;
using System.Text.Json;
using Belfry.Contracts;
using Belfry.SystemTests.Running;
using Xunit;

namespace Belfry.SystemTests.Security;

/// <summary>Peers that never finish what they begin: each loses its connection, and nobody else waits for it.</summary>
public sealed class SlowPeerTests
{
    /// <summary>Kestrel looks once a second; its longest limit here is 15 s.</summary>
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(40);

    /// <summary>What it is, how it begins, and what comes again and again.</summary>
    private static readonly (string What, string Beginning, string More)[] Endless =
    [
        ("a request line without an end", "GET /", "a"),
        ("headers without an end", "GET /livez HTTP/1.1\r\nHost: a\r\n", "X-a: b\r\n"),
        ("one header without an end", "GET /livez HTTP/1.1\r\nHost: a\r\nX: ", "y"),
        ("a body that comes byte by byte", "POST /v1/events HTTP/1.1\r\nHost: a\r\nX-API-Key: @\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n", "1\r\n \r\n"),
        ("a body that is promised and does not come", "POST /v1/events HTTP/1.1\r\nHost: a\r\nX-API-Key: @\r\nContent-Type: application/json\r\nContent-Length: 1048576\r\n\r\n", ""),
        ("a body that is promised by a stranger", "POST /v1/events HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: 1048576\r\n\r\n", ""),
    ];

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Fact]
    public async Task What_never_ends_is_ended()
    {
        await using var service = await Service.StartAsync(postgres: null, Cancelled);
        await using var stream = service.Open("user-1");
        await stream.NextAsync(StreamEvents.CaughtUp);

        var ends = Endless.Select(peer => DemandEndAsync(service, peer.What, peer.Beginning, peer.More)).ToList();

        // Nobody waits for them.
        await service.PublishAsync([Service.Event("user-1", "meanwhile")], Cancelled);
        Assert.Equal("meanwhile", (await stream.TakeAsync(1)).Single().Id);
        await Task.WhenAll(ends);
        Assert.Equal(1, stream.Connects);
    }

    [Fact]
    public async Task What_is_larger_than_it_may_be_is_refused_before_its_end()
    {
        await using var service = await Service.StartAsync(postgres: null, Cancelled);
        foreach (var (beginning, more, status) in ((string, string, int)[])
        [
            ("GET /", new string('a', 9_000), 414),
            ("GET /livez HTTP/1.1\r\nHost: a\r\nX: ", new string('y', 17_000), 431),
            ("GET /livez HTTP/1.1\r\nHost: a\r\n", string.Concat(Enumerable.Repeat("X: y\r\n", 101)), 431),
        ])
        {
            await using var connection = await RawConnection.OpenAsync(service.Process.Url, Cancelled);
            await connection.SendAsync(beginning + more, Cancelled);

            Assert.Equal(status, (await connection.ReadAnswerAsync(Cancelled))!.Status);
            await connection.ReadToEndAsync(Limit, Cancelled);
        }
    }

    [Fact]
    public async Task Subscribers_that_take_a_byte_at_a_time_cost_little_and_hold_up_nobody()
    {
        const int Slow = 19; // And one that reads: a user has 20 streams.
        const int Events = 10_000;
        await using var service = await Service.StartAsync(postgres: null, Cancelled, ("Belfry__Streaming__StallTimeout", "10s"));
        await using var quick = service.Open("user-1", "?since=earliest");
        await quick.NextAsync(StreamEvents.CaughtUp);
        var slow = new List<RawConnection>();
        for (var i = 0; i < Slow; i++) slow.Add(await OpenSlowAsync(service));
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(Cancelled);
        var sipping = slow.ConvertAll(connection => SipAsync(connection, stop.Token));
        var before = service.Process.ReadUsage().ResidentBytes;

        // 12 MB for each of them: 230 MB, were it kept for them.
        var payload = JsonSerializer.SerializeToElement(new string('x', 1000));
        for (var from = 0; from < Events; from += 500)
        {
            await service.PublishAsync([.. Enumerable.Range(0, 500).Select(_ => Service.Event("user-1") with { Payload = payload })], Cancelled);
        }

        Assert.Equal(Enumerable.Range(1, Events).Select(n => (long)n), (await quick.TakeAsync(Events)).Select(n => n.Seq));
        Assert.InRange(service.Process.ReadUsage().ResidentBytes - before, long.MinValue, 130L * 1024 * 1024);
        await stop.CancelAsync();
        await Task.WhenAll(sipping);

        // One of them begins to read: it gets all the rest, or is closed and comes back with its cursor.
        await DemandRestAsync(service, slow[0], Events);
        foreach (var connection in slow) await connection.DisposeAsync();
    }

    [Fact]
    public async Task A_client_that_has_closed_its_half_is_gone()
    {
        await using var service = await Service.StartAsync(postgres: null, Cancelled, ("Belfry__Streaming__ConnectionsPerUser", "1"));
        await using var half = await RawConnection.OpenAsync(service.Process.Url, Cancelled);
        await half.SendAsync(StreamRequest(), Cancelled);
        Assert.Equal(200, (await half.ReadAnswerAsync(Cancelled))!.Status);

        half.EndSending();

        await half.ReadToEndAsync(Limit, Cancelled);
        await using var next = service.Open("user-1");
        await next.NextAsync(StreamEvents.CaughtUp);
    }

    private static async Task DemandEndAsync(Service service, string what, string beginning, string more)
    {
        await using var connection = await RawConnection.OpenAsync(service.Process.Url, Cancelled);
        await connection.SendAsync(beginning.Replace("@", Service.ApiKey, StringComparison.Ordinal), Cancelled);
        using var closed = CancellationTokenSource.CreateLinkedTokenSource(Cancelled);
        var trickling = TrickleAsync(connection, more, closed.Token);
        try
        {
            await connection.ReadToEndAsync(Limit, Cancelled);
        }
        catch (TimeoutException e)
        {
            Assert.Fail($"{what}: {e.Message}");
        }
        finally
        {
            await closed.CancelAsync();
            await trickling;
        }
    }

    private static string StreamRequest() => $"GET /v1/stream?since=earliest HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer {Service.TokenFor("user-1")}\r\n\r\n";

    private static async Task<RawConnection> OpenSlowAsync(Service service)
    {
        var connection = await RawConnection.OpenAsync(service.Process.Url, Cancelled, receiveBuffer: 4096);
        await connection.SendAsync(StreamRequest(), Cancelled);
        Assert.Equal(200, (await connection.ReadAnswerAsync(Cancelled))!.Status);
        return connection;
    }

    /// <summary>A piece of what never ends, ten times a second, until the server has had enough.</summary>
    private static async Task TrickleAsync(RawConnection connection, string more, CancellationToken ct)
    {
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(100), TimeProvider.System);
        try
        {
            while (more.Length > 0 && await timer.WaitForNextTickAsync(ct)) await connection.SendAsync(more, ct);
        }
        catch (Exception e) when (e is IOException or OperationCanceledException or ObjectDisposedException)
        {
            // The server has closed.
        }
    }

    private static async Task SipAsync(RawConnection connection, CancellationToken ct)
    {
        using var timer = new PeriodicTimer(TimeSpan.FromSeconds(1), TimeProvider.System);
        try
        {
            while (await timer.WaitForNextTickAsync(ct) && (await connection.ReadSomeAsync(1, ct)).Length > 0)
            {
            }
        }
        catch (OperationCanceledException)
        {
            // Enough.
        }
    }

    private static async Task DemandRestAsync(Service service, RawConnection connection, int events)
    {
        var (text, cursor, seen) = (new StringBuilder(), (string?)null, 0L);
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(Cancelled);
        patience.CancelAfter(Limit);
        while (seen < events && await connection.ReadSomeAsync(int.MaxValue, patience.Token) is { Length: > 0 } bytes)
        {
            text.Append(Encoding.UTF8.GetString(bytes));
            if (LastCursor(text.ToString()) is not { } newest) continue;
            cursor = newest;
            seen = Cursor.TryParse(cursor, out var read) ? read.Seq : 0;
            text.Remove(0, text.ToString().LastIndexOf("\nid: ", StringComparison.Ordinal));
        }

        if (seen == events) return;
        await using var again = service.Open("user-1", cursor is null ? "?since=earliest" : "", cursor);
        Assert.Equal(events, (await again.TakeAsync(events - (int)seen))[^1].Seq);
    }

    /// <summary>The last that stands there whole.</summary>
    private static string? LastCursor(string text)
    {
        var end = text.LastIndexOf("\n\n", StringComparison.Ordinal);
        var start = end < 0 ? -1 : text.LastIndexOf("\nid: ", end, StringComparison.Ordinal);
        return start < 0 ? null : text[(start + 5)..text.IndexOf('\n', start + 5)];
    }
}
