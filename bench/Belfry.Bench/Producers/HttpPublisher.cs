using Belfry.Bench.Checker;

namespace Belfry.Bench.Producers;

/// <summary>
/// Publishes by HTTP over a few connections. A user's events always take the same connection, which has one request on its way:
/// they arrive in order.
/// </summary>
internal sealed class HttpPublisher : IPublisher
{
    /// <summary>How many connections publish at once.</summary>
    public const int Connections = 8;

    private readonly HttpProducer[] _producers;
    private readonly UserSet _users;
    private readonly Ledger _ledger;
    private readonly EventWriter _writer;
    private int _loads;

    /// <param name="servers">Instances, of which each connection has one.</param>
    public HttpPublisher(UserSet users, Ledger ledger, EventWriter writer, IReadOnlyList<Uri> servers, string apiKey)
    {
        _users = users;
        _ledger = ledger;
        _writer = writer;
        _producers = [.. Enumerable.Range(0, Math.Min(Connections, users.Count)).Select(i => new HttpProducer(users, ledger, servers[i % servers.Count], apiKey))];
    }

    /// <summary>Requests that were sent again, because the server was away or its answer was lost.</summary>
    public long Retries => _producers.Sum(producer => producer.Retries);

    public async Task PublishAsync(Load load, CancellationToken stop)
    {
        _loads++;
        await Task.WhenAll(_producers.Select((producer, i) => Task.Run(() => producer.SendAsync(FeedOf(load, i), stop), CancellationToken.None)));
    }

    public ValueTask DisposeAsync()
    {
        foreach (var producer in _producers) producer.Dispose();
        return ValueTask.CompletedTask;
    }

    private Feed FeedOf(Load load, int producer)
    {
        int[] users = [.. Enumerable.Range(0, _users.Count).Where(user => user % _producers.Length == producer)];
        var pace = load.PaceOf(users.Length, _users.Count, producer, _producers.Length);
        return new Feed(users, _ledger, _writer, load, pace, seed: _loads * Connections + producer);
    }
}
