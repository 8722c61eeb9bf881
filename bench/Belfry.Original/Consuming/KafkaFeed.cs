using Belfry.Ingest.Kafka;
using Belfry.Settings;
using Microsoft.Extensions.Options;

namespace Belfry.Original.Consuming;

/// <summary>Runs Belfry's own Kafka reader into the queue.</summary>
internal sealed class KafkaFeed : IHostedService, IDisposable
{
    private readonly KafkaReader _reader;

    public KafkaFeed(
        IOptions<KafkaOptions> options,
        IOptions<ConnectionStrings> connections,
        RecordQueue queue,
        KafkaLink link,
        KafkaMetrics metrics,
        TimeProvider time,
        ILogger<KafkaReader> log)
    {
        var config = KafkaClients.Consumer(connections.Value.Kafka!, options.Value);
        _reader = new KafkaReader(config, options.Value.Topics, queue, link, metrics, time, log);
    }

    public Task StartAsync(CancellationToken cancellationToken)
    {
        _reader.Start();
        return Task.CompletedTask;
    }

    public Task StopAsync(CancellationToken cancellationToken) => _reader.StopAsync(cancellationToken);

    public void Dispose() => _reader.Dispose();
}
