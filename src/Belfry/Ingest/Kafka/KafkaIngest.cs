using Belfry.Settings;
using Microsoft.Extensions.Options;

namespace Belfry.Ingest.Kafka;

/// <summary>Runs the reader from the start of the host until it begins to stop.</summary>
internal sealed class KafkaIngest : IHostedService, IDisposable
{
    private readonly KafkaReader _reader;
    private readonly CancellationToken _draining;

    public KafkaIngest(
        IOptions<KafkaOptions> options, IOptions<ConnectionStrings> connections, LaneSink sink, KafkaLink link, KafkaMetrics metrics, Draining draining,
        TimeProvider time, ILogger<KafkaReader> log)
    {
        var config = KafkaClients.Consumer(connections.Value.Kafka!, options.Value);
        _reader = new KafkaReader(config, [.. options.Value.Topics, .. options.Value.HighTopics], sink, link, metrics, time, log);
        _draining = draining.Started;
        sink.WasFenced += _reader.Reopen;
    }

    public Task StartAsync(CancellationToken cancellationToken)
    {
        _reader.Start();

        // Not when this service's turn comes: the listeners may take most of the grace time to close.
        _draining.Register(_reader.BeginStop);
        return Task.CompletedTask;
    }

    public Task StopAsync(CancellationToken cancellationToken) => _reader.StopAsync(cancellationToken);

    public void Dispose() => _reader.Dispose();
}
