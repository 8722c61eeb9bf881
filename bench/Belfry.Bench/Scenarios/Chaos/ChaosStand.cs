using Belfry.Bench.Topology;
using Belfry.Servers;

namespace Belfry.Bench.Scenarios.Chaos;

/// <summary>All servers of a run of faults: several instances of the service on one PostgreSQL and one Kafka, and perhaps one Redis.</summary>
internal sealed class ChaosStand : IAsyncDisposable
{
    private readonly ChaosOptions _options;
    private readonly List<ChaosInstance> _instances = [];
    private PostgresServer? _postgres;
    private KafkaBroker? _kafka;

    private ChaosStand(ChaosOptions options)
    {
        _options = options;
        LogFolder = options.Logs ?? Path.Combine(Built.RepositoryRoot, "artifacts", "chaos", $"seed-{options.Seed}-{TimeProvider.System.GetUtcNow():HHmmss}");
    }

    public Keys Keys { get; } = new();

    /// <summary>Where the logs of all servers are kept when the run is over.</summary>
    public string LogFolder { get; }

    public IReadOnlyList<ChaosInstance> Instances => _instances;

    public PostgresServer Postgres => _postgres!;

    public KafkaBroker Kafka => _kafka!;

    /// <summary>Past the proxies.</summary>
    public string Database { get; private set; } = "";

    public static async Task<ChaosStand> StartAsync(ChaosOptions options, CancellationToken ct)
    {
        var stand = new ChaosStand(options);
        try
        {
            await Task.WhenAll(stand.StartPostgresAsync(ct), stand.StartKafkaAsync(ct));
            // One after the other: the first makes the schema.
            for (var i = 0; i < options.Instances; i++)
            {
                stand._instances.Add(await ChaosInstance.StartAsync(i, stand.Settings(), stand.Database, stand.Postgres, stand.Kafka, ct));
            }

            return stand;
        }
        catch
        {
            await stand.DisposeAsync();
            throw;
        }
    }

    public async ValueTask DisposeAsync()
    {
        await KeepLogsAsync();
        foreach (var instance in _instances) await instance.DisposeAsync();
        if (_kafka is not null) await _kafka.DisposeAsync();
        if (_postgres is not null) await _postgres.DisposeAsync();
    }

    private async Task KeepLogsAsync()
    {
        Directory.CreateDirectory(LogFolder);
        foreach (var instance in _instances) await File.WriteAllTextAsync(Path.Combine(LogFolder, $"instance-{instance.Index}.log"), instance.ReadLog());
        if (_kafka is not null) await File.WriteAllTextAsync(Path.Combine(LogFolder, "kafka.log"), _kafka.ReadLog());
        if (_postgres is not null) await File.WriteAllTextAsync(Path.Combine(LogFolder, "postgres.log"), _postgres.ReadLog());
    }

    private async Task StartPostgresAsync(CancellationToken ct)
    {
        _postgres = await PostgresServer.StartAsync(ct: ct);
        Database = await _postgres.CreateDatabaseAsync("bench", ct);
    }

    private async Task StartKafkaAsync(CancellationToken ct)
    {
        _kafka = await KafkaBroker.StartAsync(ct);
        await _kafka.CreateTopicAsync(Stand.Topic, ct: ct);
    }

    private Dictionary<string, string> Settings()
    {
        var settings = new Dictionary<string, string>
        {
            ["Belfry__Auth__Secret"] = Keys.Secret,
            ["Belfry__Auth__ApiKeys__bench"] = Keys.ApiKeyHash,
            // Everything that a day brings, in minutes: dead members, zombies, streams that end by their age.
            ["Belfry__Kafka__Properties__session_timeout_ms"] = "6000",
            ["Belfry__Kafka__Properties__heartbeat_interval_ms"] = "500",
            ["Belfry__Cluster__Lease"] = "3s",
            ["Belfry__Streaming__Heartbeat"] = "2s",
            ["Belfry__Streaming__RetryMin"] = "200ms",
            ["Belfry__Streaming__RetryMax"] = "2s",
            ["Belfry__Streaming__AgeMin"] = "20s",
            ["Belfry__Streaming__AgeMax"] = "120s",
            // Three on one PostgreSQL for 200 connections.
            ["Belfry__Postgres__MaxPoolSize"] = "40",
        };
        foreach (var (name, value) in KafkaBroker.ClientProperties) settings["Belfry__Kafka__Properties__" + name.Replace('.', '_')] = value;
        foreach (var (name, value) in _options.Settings) settings[name] = value;
        return settings;
    }
}
