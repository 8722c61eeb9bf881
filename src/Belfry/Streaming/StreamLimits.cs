using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using System.Threading.RateLimiting;
using Belfry.Contracts;
using Microsoft.Extensions.Options;

namespace Belfry.Streaming;

/// <summary>How many streams there may be, of one user, of one address, of the instance, and how many more in a second. Thread-safe.</summary>
internal sealed class StreamLimits(IOptions<StreamingOptions> options, StreamMetrics metrics, IHostApplicationLifetime lifetime) : IDisposable
{
    // Refilled so many times in a second, that a storm comes in small portions.
    private const int Refills = 20;

    private readonly StreamingOptions _options = options.Value;
    private readonly TokenBucketRateLimiter? _connects = Connects(options.Value.ConnectsPerSecond);
    private readonly ConcurrentDictionary<string, int> _users = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<IPAddress, int> _addresses = new();
    private int _connections;

    /// <summary>Null: there is room, and <see cref="Leave"/> gives it back. Else why there is none.</summary>
    public Problem? TryEnter(string userId, IPAddress? address)
    {
        if (lifetime.ApplicationStopping.IsCancellationRequested)
        {
            metrics.Refused("draining");
            return Problems.Draining("This instance is shutting down; another one will answer.");
        }

        if (_connects?.AttemptAcquire().IsAcquired == false)
        {
            metrics.Refused("rate");
            return Problems.Overloaded($"More than {_options.ConnectsPerSecond} clients connect in this second.");
        }

        if (Interlocked.Increment(ref _connections) > _options.Connections)
        {
            Interlocked.Decrement(ref _connections);
            metrics.Refused("instance");
            return Problems.Overloaded($"This instance holds {_options.Connections} streams, its limit.");
        }

        if (Enter(_users, userId) > _options.ConnectionsPerUser)
        {
            Leave(_users, userId);
            Interlocked.Decrement(ref _connections);
            metrics.Refused("user");
            return Problems.TooManyConnections($"This user has {_options.ConnectionsPerUser} streams open, the limit.");
        }

        if (Counted(address) is { } counted && Enter(_addresses, counted) > _options.ConnectionsPerAddress)
        {
            Leave(userId, address);
            metrics.Refused("address");
            return Problems.TooManyConnections($"This address has {_options.ConnectionsPerAddress} streams open, the limit.");
        }

        return null;
    }

    public void Leave(string userId, IPAddress? address)
    {
        if (Counted(address) is { } counted) Leave(_addresses, counted);
        Leave(_users, userId);
        Interlocked.Decrement(ref _connections);
    }

    public void Dispose() => _connects?.Dispose();

    private static TokenBucketRateLimiter? Connects(int perSecond) => perSecond == 0 ? null : new TokenBucketRateLimiter(new TokenBucketRateLimiterOptions
    {
        TokenLimit = perSecond,
        TokensPerPeriod = Math.Max(1, perSecond / Refills),
        ReplenishmentPeriod = TimeSpan.FromSeconds(Math.Max(1, perSecond / Refills) / (double)perSecond),
        // Whoever waited here would hold a connection without a stream; told to come back, he holds nothing.
        QueueLimit = 0,
    });

    private IPAddress? Counted(IPAddress? address) =>
        _options.ConnectionsPerAddress == 0 || address is null || IPAddress.IsLoopback(address) ? null : PlaceOf(address);

    /// <summary>Who has an IPv6 address has the whole /64 that it is in, which is more addresses than could be counted.</summary>
    private static IPAddress PlaceOf(IPAddress address)
    {
        if (address.IsIPv4MappedToIPv6) return address.MapToIPv4();
        if (address.AddressFamily != AddressFamily.InterNetworkV6) return address;

        Span<byte> bytes = stackalloc byte[16];
        address.TryWriteBytes(bytes, out _);
        bytes[8..].Clear();
        return new IPAddress(bytes);
    }

    private static int Enter<T>(ConcurrentDictionary<T, int> counts, T key)
        where T : notnull => counts.AddOrUpdate(key, 1, static (_, count) => count + 1);

    private static void Leave<T>(ConcurrentDictionary<T, int> counts, T key)
        where T : notnull
    {
        // At zero the entry goes, unless somebody enters at the same moment.
        if (counts.AddOrUpdate(key, 0, static (_, count) => count - 1) == 0) counts.TryRemove(KeyValuePair.Create(key, 0));
    }
}
