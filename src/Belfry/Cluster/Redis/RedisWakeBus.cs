using System.Threading.Channels;
using Belfry.Cluster.Wakes;
using Microsoft.Extensions.Options;
using StackExchange.Redis;

namespace Belfry.Cluster.Redis;

/// <summary>Pub/sub of Redis, for many instances. Nothing is kept there: a Redis that comes back empty is as good as before.</summary>
internal sealed class RedisWakeBus : IWakeBus, IAsyncDisposable
{
    private readonly ConfigurationOptions _configuration;
    private readonly RedisChannel _channel;
    private readonly SemaphoreSlim _opening = new(1);
    private ConnectionMultiplexer? _connection;

    public RedisWakeBus(string connectionString, IOptions<ClusterOptions> options, ILoggerFactory loggers)
    {
        _configuration = ConfigurationOptions.Parse(connectionString);
        _configuration.ClientName ??= "belfry";
        _configuration.LoggerFactory = loggers;
        // Its own loop mends a connection that breaks; one that was never there is our listener's to try again.
        _configuration.AbortOnConnectFail = true;
        _channel = RedisChannel.Literal(options.Value.Channel);
    }

    public string Name => "Redis";

    public async Task SendAsync(IReadOnlyList<string> messages, CancellationToken ct)
    {
        try
        {
            var subscriber = (await OpenAsync(ct)).GetSubscriber();
            await Task.WhenAll(messages.Select(m => subscriber.PublishAsync(_channel, m))).WaitAsync(ct);
        }
        catch (Exception e) when (IsUnavailable(e))
        {
            throw new WakeBusException($"Redis did not take a message: {e.Message}", e);
        }
    }

    public async Task ListenAsync(Action listening, Action<string> received, CancellationToken ct)
    {
        // One entry for each time that the subscription is, or may be, interrupted; more of them say no more.
        var broken = Channel.CreateBounded<string>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite });
        ConnectionMultiplexer? connection = null;
        void Fail(object? sender, ConnectionFailedEventArgs e) => broken.Writer.TryWrite(e.Exception?.Message ?? e.FailureType.ToString());
        try
        {
            connection = await OpenAsync(ct);
            connection.ConnectionFailed += Fail;
            (await connection.GetSubscriber().SubscribeAsync(_channel)).OnMessage(message => received(message.Message.ToString()));
            listening();
            var reason = await broken.Reader.ReadAsync(ct);
            throw new WakeBusException($"Redis' messages: {reason}", new IOException(reason));
        }
        catch (Exception e) when (IsUnavailable(e))
        {
            throw new WakeBusException($"Redis' messages: {e.Message}", e);
        }
        finally
        {
            if (connection is not null)
            {
                connection.ConnectionFailed -= Fail;
                await ForgetAsync(connection);
            }
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (_connection is { } connection) await ForgetAsync(connection);
        _opening.Dispose();
    }

    private async Task<ConnectionMultiplexer> OpenAsync(CancellationToken ct)
    {
        if (Volatile.Read(ref _connection) is { } open) return open;

        await _opening.WaitAsync(ct);
        try
        {
            return _connection ??= await ConnectionMultiplexer.ConnectAsync(_configuration).WaitAsync(ct);
        }
        finally
        {
            _opening.Release();
        }
    }

    /// <summary>The next one who wants it makes it anew.</summary>
    private async Task ForgetAsync(ConnectionMultiplexer connection)
    {
        if (Interlocked.CompareExchange(ref _connection, null, connection) == connection) await connection.DisposeAsync();
    }

    private static bool IsUnavailable(Exception e) => e is RedisException or TimeoutException or IOException or ObjectDisposedException;
}
