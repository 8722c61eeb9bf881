using System.Collections.Concurrent;
using Belfry.Streaming;
using Microsoft.Extensions.Options;

namespace Belfry.Original.Push;

/// <summary>Which users have streams open on this instance, and the heartbeat of all of them. Thread-safe.</summary>
internal sealed class PushConnections(IOptions<StreamingOptions> streaming, TimeProvider time) : BackgroundService
{
    private readonly ConcurrentDictionary<string, PushConnection[]> _ofUser = new(StringComparer.Ordinal);

    /// <summary>The user's streams; none when he is not connected here.</summary>
    public IReadOnlyList<PushConnection> Of(string userId) => _ofUser.GetValueOrDefault(userId, []);

    public void Add(PushConnection connection) =>
        _ofUser.AddOrUpdate(connection.UserId, static (_, added) => [added], static (_, old, added) => [.. old, added], connection);

    public void Remove(PushConnection connection)
    {
        while (_ofUser.TryGetValue(connection.UserId, out var old))
        {
            PushConnection[] rest = [.. old.Where(other => other != connection)];
            var removed = rest.Length == 0
                ? _ofUser.TryRemove(KeyValuePair.Create(connection.UserId, old))
                : _ofUser.TryUpdate(connection.UserId, rest, old);
            if (removed) return;
        }
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(streaming.Value.Heartbeat, time);
        while (await timer.WaitForNextTickAsync(stoppingToken))
        {
            foreach (var connection in _ofUser.Values.SelectMany(connections => connections)) connection.Beat();
        }
    }
}
