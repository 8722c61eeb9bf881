using Belfry.Bench.Producers;
using Belfry.Bench.Topology;
using Belfry.Servers;

namespace Belfry.Bench.Scenarios.Chaos;

/// <summary>All who publish: half of the events by Kafka, half by HTTP, each user's by both.</summary>
internal sealed class ChaosPublishers : IDisposable
{
    private const int HttpActors = 6;

    private readonly ChaosOptions _options;
    private readonly ChaosLedger _ledger;
    private readonly EventWriter _writer;
    private readonly KafkaActor _kafka;
    private readonly HttpActor[] _http;
    private readonly Repeats[] _ways = [new(), new()];

    public ChaosPublishers(ChaosOptions options, ChaosStand stand, UserSet users, ChaosLedger ledger)
    {
        _options = options;
        _ledger = ledger;
        _writer = new EventWriter(users, options.Payload);
        _kafka = new KafkaActor(users, ledger, stand.Kafka.BootstrapServers, KafkaBroker.ClientProperties, Stand.Topic);
        _http = [.. Enumerable.Range(0, HttpActors).Select(i => new HttpActor(users, ledger, stand.Instances.Select(instance => instance.Url), stand.Keys.ApiKey, options.Seed + i))];
    }

    /// <summary>Ends when all that was to be published has been answered, or <paramref name="giveUp"/>.</summary>
    public Task RunAsync(long startMicros, CancellationToken giveUp)
    {
        var half = _options.Rate / 2;
        var kafka = _kafka.RunAsync(Feed(startMicros, half, way: 0, producer: 0), giveUp);
        var http = _http.Select((actor, i) => Task.Run(() => actor.RunAsync(Feed(startMicros, half / _http.Length, way: 1, producer: 1 + i), giveUp), CancellationToken.None));
        return Task.WhenAll([kafka, .. http]);
    }

    public void Dispose()
    {
        _kafka.Dispose();
        foreach (var actor in _http) actor.Dispose();
    }

    private ChaosFeed Feed(long startMicros, double rate, int way, int producer) => new(
        _ledger, _writer, new OpenLoop(startMicros + (long)(1_000_000 / rate * producer / (HttpActors + 1)), rate, _options.Publishing), _ways, _ways[way], _options.Users,
        unchecked(_options.Seed * 31 + producer));
}
