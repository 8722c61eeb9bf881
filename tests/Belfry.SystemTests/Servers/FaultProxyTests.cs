using System.Net;
using System.Net.Sockets;
using Belfry.Servers;
using Confluent.Kafka;
using Npgsql;
using Xunit;

namespace Belfry.SystemTests.Servers;

public sealed class FaultProxyTests(SharedPostgres shared, SharedKafka kafka)
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    // With its end: a transaction's first words, READ COMMITTED, hold it too.
    private static ReadOnlySpan<byte> Commit => "COMMIT\0"u8;

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_commit_whose_answer_was_lost_has_happened()
    {
        var (database, proxy) = await DatabaseBehindProxyAsync();
        await using var _ = proxy;
        await using var source = NpgsqlDataSource.Create(Through(proxy, database));
        await using var connection = await source.OpenConnectionAsync(Cancelled);
        await ExecuteAsync(connection, "CREATE TABLE kept (n int)");

        var lost = proxy.LoseAnswerAsync(Commit, Commit);
        await using var transaction = await connection.BeginTransactionAsync(Cancelled);
        await ExecuteAsync(connection, "INSERT INTO kept VALUES (1)");
        await Assert.ThrowsAnyAsync<NpgsqlException>(() => transaction.CommitAsync(Cancelled));
        await lost.WaitAsync(Patience, TimeProvider.System, Cancelled);

        Assert.Equal(1L, await CountAsync(database));
    }

    [Fact]
    public async Task A_commit_that_was_lost_itself_has_not_happened()
    {
        var (database, proxy) = await DatabaseBehindProxyAsync();
        await using var _ = proxy;
        await using var source = NpgsqlDataSource.Create(Through(proxy, database));
        await using var connection = await source.OpenConnectionAsync(Cancelled);
        await ExecuteAsync(connection, "CREATE TABLE kept (n int)");

        var lost = proxy.LoseRequestAsync(Commit);
        await using var transaction = await connection.BeginTransactionAsync(Cancelled);
        await ExecuteAsync(connection, "INSERT INTO kept VALUES (1)");
        await Assert.ThrowsAnyAsync<NpgsqlException>(() => transaction.CommitAsync(Cancelled));
        await lost.WaitAsync(Patience, TimeProvider.System, Cancelled);

        Assert.Equal(0L, await CountAsync(database));
    }

    [Fact]
    public async Task Only_one_connection_loses_its_answer()
    {
        await using var echo = new EchoServer();
        await using var proxy = FaultProxy.Start(echo.Port);
        using var first = await ConnectAsync(proxy);
        using var second = await ConnectAsync(proxy);

        var lost = proxy.LoseAnswerAsync("hello"u8, "lo"u8);
        // The pattern may come in pieces.
        await first.SendAsync("..he"u8.ToArray(), Cancelled);
        Assert.Equal(4, await ReceiveAsync(first));
        await first.SendAsync("llo"u8.ToArray(), Cancelled);
        await lost.WaitAsync(Patience, TimeProvider.System, Cancelled);

        var reset = await Assert.ThrowsAsync<SocketException>(() => ReceiveAsync(first));
        Assert.Equal(SocketError.ConnectionReset, reset.SocketErrorCode);
        await second.SendAsync("hello"u8.ToArray(), Cancelled);
        Assert.Equal(5, await ReceiveAsync(second));
    }

    [Fact]
    public async Task A_cut_resets_what_is_open_and_lets_new_connections_in()
    {
        await using var echo = new EchoServer();
        await using var proxy = FaultProxy.Start(echo.Port);
        using var before = await ConnectAsync(proxy);
        await before.SendAsync("a"u8.ToArray(), Cancelled);
        Assert.Equal(1, await ReceiveAsync(before));

        proxy.Cut();

        var reset = await Assert.ThrowsAsync<SocketException>(() => ReceiveAsync(before));
        Assert.Equal(SocketError.ConnectionReset, reset.SocketErrorCode);
        using var after = await ConnectAsync(proxy);
        await after.SendAsync("b"u8.ToArray(), Cancelled);
        Assert.Equal(1, await ReceiveAsync(after));
        await Eventually.HoldsAsync("the cut connection is forgotten", () => proxy.Connections == 1, Patience, Cancelled);
    }

    [Fact]
    public async Task Who_knocks_while_it_refuses_finds_nobody()
    {
        await using var echo = new EchoServer();
        await using var proxy = FaultProxy.Start(echo.Port);

        proxy.Refuse();
        var refused = await Assert.ThrowsAsync<SocketException>(() => ConnectAsync(proxy));
        Assert.Equal(SocketError.ConnectionRefused, refused.SocketErrorCode);

        proxy.Accept();
        using var client = await ConnectAsync(proxy);
        await client.SendAsync("a"u8.ToArray(), Cancelled);
        Assert.Equal(1, await ReceiveAsync(client));
    }

    [Fact]
    public async Task A_stalled_connection_holds_its_bytes_until_it_is_resumed()
    {
        await using var echo = new EchoServer();
        await using var proxy = FaultProxy.Start(echo.Port);
        using var client = await ConnectAsync(proxy);

        proxy.Stall(Way.ToClient);
        await client.SendAsync("held"u8.ToArray(), Cancelled);
        await echo.Seen(4).WaitAsync(Patience, TimeProvider.System, Cancelled);
        Assert.Equal(0, client.Available);

        proxy.Resume();
        Assert.Equal(4, await ReceiveAsync(client));
    }

    [Fact]
    public async Task What_is_delayed_comes_later_and_complete_until_it_is_resumed()
    {
        await using var echo = new EchoServer();
        await using var proxy = FaultProxy.Start(echo.Port);
        using var client = await ConnectAsync(proxy);
        var latency = TimeSpan.FromMilliseconds(100);

        proxy.Delay(latency);
        var begun = TimeProvider.System.GetTimestamp();
        await client.SendAsync(new byte[10], Cancelled);
        Assert.Equal(10, await ReceiveAsync(client));
        Assert.True(TimeProvider.System.GetElapsedTime(begun) > latency);

        proxy.Resume();
        await client.SendAsync(new byte[20], Cancelled);
        Assert.Equal(20, await ReceiveAsync(client));
    }

    [Fact]
    public async Task A_client_of_Kafka_stays_behind_the_proxy()
    {
        var broker = await kafka.BrokerAsync();
        var topic = await kafka.CreateTopicAsync(Cancelled);
        await using var proxy = FaultProxy.StartForKafka(broker.Port);
        var config = new ProducerConfig(new Dictionary<string, string>(KafkaBroker.ClientProperties) { ["bootstrap.servers"] = $"127.0.0.1:{proxy.Port}" }) { MessageTimeoutMs = 20_000 };
        using var producer = new ProducerBuilder<Null, string>(config).SetLogHandler((_, _) => { }).Build();

        for (var partition = 0; partition < KafkaBroker.DefaultPartitions; partition++)
        {
            await producer.ProduceAsync(new TopicPartition(topic, partition), new Message<Null, string> { Value = "through the proxy" }, Cancelled);
        }

        using var admin = new DependentAdminClientBuilder(producer.Handle).Build();
        Assert.Equal([proxy.Port], admin.GetMetadata(topic, Patience).Brokers.Select(b => b.Port));
    }

    [Fact]
    public async Task Whoever_comes_while_the_server_is_away_is_reset()
    {
        await using var proxy = FaultProxy.Start(LoopbackPort.Free());

        var reset = await Assert.ThrowsAsync<SocketException>(async () =>
        {
            using var client = await ConnectAsync(proxy);
            await ReceiveAsync(client);
        });
        Assert.Equal(SocketError.ConnectionReset, reset.SocketErrorCode);
    }

    private async Task<(string Database, FaultProxy Proxy)> DatabaseBehindProxyAsync()
    {
        var database = await shared.CreateDatabaseAsync(Cancelled);
        return (database, FaultProxy.Start(new NpgsqlConnectionStringBuilder(database).Port));
    }

    private static string Through(FaultProxy proxy, string database) => new NpgsqlConnectionStringBuilder(database) { Port = proxy.Port }.ConnectionString;

    private static async Task ExecuteAsync(NpgsqlConnection connection, string sql)
    {
        await using var command = new NpgsqlCommand(sql, connection);
        await command.ExecuteNonQueryAsync(Cancelled);
    }

    private static async Task<object?> CountAsync(string database)
    {
        await using var source = NpgsqlDataSource.Create(database);
        await using var command = source.CreateCommand("SELECT count(*) FROM kept");
        return await command.ExecuteScalarAsync(Cancelled);
    }

    private static async Task<Socket> ConnectAsync(FaultProxy proxy)
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        await socket.ConnectAsync(IPAddress.Loopback, proxy.Port, Cancelled);
        return socket;
    }

    private static async Task<int> ReceiveAsync(Socket socket) =>
        await socket.ReceiveAsync(new byte[64], Cancelled).AsTask().WaitAsync(Patience, TimeProvider.System, Cancelled);
}
