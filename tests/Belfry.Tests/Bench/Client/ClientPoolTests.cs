using Belfry.Bench;
using Belfry.Bench.Checker;
using Belfry.Bench.Client;
using Belfry.Bench.Measuring;
using Belfry.Servers;

namespace Belfry.Tests.Bench.Client;

public sealed class ClientPoolTests : IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    private readonly ScriptedServer _server = new();
    private readonly UserSet _users = new(run: 1, count: 1);
    private readonly UserToken _tokens = new(new string('s', 32), DateTimeOffset.UnixEpoch);
    private readonly ClientPool _pool;
    private readonly CancellationTokenSource _deadline = new(Patience);

    public ClientPoolTests()
    {
        _pool = new ClientPool(new StreamTarget([_server.Url], _tokens, _users, connections: 1), _users, keepsEventIds: true, loops: 1);
    }

    [Fact]
    public async Task A_stream_is_asked_for_with_the_users_token_and_from_the_beginning()
    {
        _pool.Open(1);
        var connection = await _server.NextAsync(_deadline.Token);

        Assert.StartsWith("GET /v1/stream?since=earliest HTTP/1.1\r\n", connection.Request, StringComparison.Ordinal);
        Assert.Contains("\r\nAuthorization: Bearer ", connection.Request, StringComparison.Ordinal);
        Assert.DoesNotContain("Last-Event-ID", connection.Request, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Notifications_are_received_across_any_borders()
    {
        _pool.Open(1);
        var connection = await _server.NextAsync(_deadline.Token);
        connection.SendHead();
        var text = ": belfry\n\nretry: 50\n\nid: e-0\n\n" + string.Concat(Enumerable.Range(1, 200).Select(Block));
        foreach (var part in text.Chunk(1_000)) connection.SendChunk(new string(part));

        await WaitForDeliveriesAsync(200);

        var receipts = Assert.Single(_pool.Receipts);
        Assert.False((await _pool.CloseAsync()).Any);
        Assert.Equal(200, receipts.Numbers.Count);
    }

    [Fact]
    public async Task A_stream_that_was_cut_is_resumed_behind_its_last_event()
    {
        _pool.Open(1);
        using (var first = await _server.NextAsync(_deadline.Token))
        {
            first.SendHead();
            first.SendChunk("retry: 10\n\nid: e1.2-0\n\n" + Block(1, "e1.2"));
            await WaitForDeliveriesAsync(1);
        }

        var second = await _server.NextAsync(_deadline.Token);
        Assert.Contains("\r\nLast-Event-ID: e1.2-1\r\n", second.Request, StringComparison.Ordinal);
        second.SendHead();
        second.SendChunk("id: e1.2-1\n\n" + Block(2, "e1.2"));
        await WaitForDeliveriesAsync(2);

        Assert.Equal((1, 1), (_pool.Counts.Active, _pool.Counts.Reconnects));
        Assert.False((await _pool.CloseAsync()).Any);
    }

    [Fact]
    public async Task A_stream_that_was_cut_goes_to_the_other_instance()
    {
        using var other = new ScriptedServer();
        var tokens = new UserToken(new string('s', 32), DateTimeOffset.UnixEpoch);
        await using var pool = new ClientPool(new StreamTarget([_server.Url, other.Url], tokens, _users, connections: 1), _users, keepsEventIds: true, loops: 1);
        pool.Open(1);
        // It may have gone to either of them first.
        var (atOne, atOther) = (_server.NextAsync(_deadline.Token), other.NextAsync(_deadline.Token));
        var isAtOne = await Task.WhenAny(atOne, atOther) == atOne;
        using (var first = await (isAtOne ? atOne : atOther))
        {
            first.SendHead();
            first.SendChunk("retry: 10\n\nid: e-0\n\n");
            await pool.WaitUntilOpenAsync(Patience, _deadline.Token);
        }

        (await (isAtOne ? atOther : atOne)).SendHead();
        await Eventually.HoldsAsync("it is open again", () => pool.Counts.Reconnects == 1, Patience, _deadline.Token);

        Assert.Single(await pool.TakeAbsencesAsync());
        Assert.Empty(await pool.TakeAbsencesAsync());
    }

    [Fact]
    public async Task A_refused_stream_is_tried_again_and_counted()
    {
        _pool.Open(1);
        (await _server.NextAsync(_deadline.Token)).Send("HTTP/1.1 503 Service Unavailable\r\nRetry-After: 0\r\nContent-Length: 0\r\n\r\n");

        var second = await _server.NextAsync(_deadline.Token);
        second.SendHead();
        await _pool.WaitUntilOpenAsync(Patience, _deadline.Token);

        Assert.Equal((1, 1, 0), (_pool.Counts.Active, _pool.Counts.Failed, _pool.Counts.Reconnects));
    }

    [Fact]
    public async Task A_stream_that_breaks_comes_back_to_another_instance_with_its_cursor()
    {
        using var other = new ScriptedServer();
        await using var pool = new ClientPool(new StreamTarget([_server.Url, other.Url], _tokens, _users, connections: 1), _users, keepsEventIds: true, loops: 1);
        pool.Open([0]);
        var either = new[] { _server.NextAsync(_deadline.Token), other.NextAsync(_deadline.Token) };
        var first = await Task.WhenAny(either);
        using (var connection = await first)
        {
            connection.SendHead();
            connection.SendChunk("retry: 10\n\nid: e-0\n\n" + Block(1));
            await Eventually.HoldsAsync("a delivery", () => pool.Counts.Deliveries == 1, Patience, _deadline.Token);
        }

        var second = await either.Single(task => task != first);
        Assert.Contains("\r\nLast-Event-ID: e-1\r\n", second.Request, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_stream_that_has_fallen_silent_is_given_up()
    {
        await using var pool = new ClientPool(new StreamTarget([_server.Url], _tokens, _users, connections: 1), _users, keepsEventIds: true, loops: 1, TimeSpan.FromMilliseconds(300));
        pool.Open([0]);
        var first = await _server.NextAsync(_deadline.Token);
        first.SendHead();
        first.SendChunk("retry: 10\n\nid: e-0\n\n");

        var second = await _server.NextAsync(_deadline.Token);
        second.SendHead();
        await Eventually.HoldsAsync("open again", () => pool.Counts is { Reconnects: > 0, Silent: > 0, LongestAwayMicros: > 0 }, Patience, _deadline.Token);

        Assert.Contains("\r\nLast-Event-ID: e-0\r\n", second.Request, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_stream_that_leaves_comes_back_with_its_cursor()
    {
        _pool.Open(1);
        var first = await _server.NextAsync(_deadline.Token);
        first.SendHead();
        first.SendChunk("id: e-0\n\n" + Block(1));
        await WaitForDeliveriesAsync(1);

        _pool.Leave(0, TimeSpan.FromMilliseconds(1));

        var second = await _server.NextAsync(_deadline.Token);
        Assert.Contains("\r\nLast-Event-ID: e-1\r\n", second.Request, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_reset_is_a_fault_since_no_history_was_lost()
    {
        _pool.Open(1);
        var connection = await _server.NextAsync(_deadline.Token);
        connection.SendHead();
        connection.SendChunk("id: e-0\n\nevent: reset\nid: f-9\ndata: {\"reason\":\"epoch\",\"cursor\":\"f-9\"}\n\n");
        await Eventually.HoldsAsync("a reset", () => _pool.Counts.Resets == 1, Patience, _deadline.Token);

        Assert.Equal(1, (await _pool.CloseAsync()).Count(FindingKind.Reset));
    }

    [Fact]
    public async Task Latency_counts_from_the_intended_send_time()
    {
        _pool.Open(1);
        var connection = await _server.NextAsync(_deadline.Token);
        connection.SendHead();
        await _pool.WaitUntilOpenAsync(Patience, _deadline.Token);
        var late = TimeSpan.FromMilliseconds(500);
        var window = new Measurement(BenchClock.Micros - BenchClock.Of(late), TimeSpan.FromSeconds(30));
        await _pool.MeasureAsync(window);

        connection.SendChunk("id: e-0\n\n" + Block(1, intended: window.StartMicros));
        await WaitForDeliveriesAsync(1);
        await _pool.StopMeasuringAsync();

        Assert.InRange(window.MergeLatencies().Summarize().Min, late.TotalMilliseconds, Patience.TotalMilliseconds);
    }

    [Fact]
    public async Task What_is_not_an_event_of_the_run_is_foreign()
    {
        _pool.Open(1);
        var connection = await _server.NextAsync(_deadline.Token);
        connection.SendHead();
        connection.SendChunk("id: e-0\n\nevent: notification\nid: e-1\ndata: {\"id\":\"x\",\"payload\":{}}\n\n" + Block(2));
        await WaitForDeliveriesAsync(1);

        Assert.Equal(1, (await _pool.CloseAsync()).Count(FindingKind.Foreign));
    }

    public async ValueTask DisposeAsync()
    {
        await _pool.DisposeAsync();
        _server.Dispose();
        _deadline.Dispose();
    }

    private Task WaitForDeliveriesAsync(long count) =>
        Eventually.HoldsAsync($"{count} deliveries", () => _pool.Counts.Deliveries == count, Patience, _deadline.Token);

    private string Block(int number) => Block(number, "e");

    private string Block(int number, string epoch = "e", long intended = 0)
    {
        var id = new EventNumber(_users.Run, 0, number).ToId(intended);
        return $"event: notification\nid: {epoch}-{number}\ndata: {{\"id\":\"{id}\",\"user_id\":\"{_users.NameOf(0)}\",\"priority\":\"LOW\","
            + $"\"payload\":{{\"n\":{number},\"at\":{intended},\"more\":[{{}}]}},\"seq\":{number},\"prev\":{number - 1}}}\n\n";
    }
}
