using System.Globalization;
using Belfry.Servers;

namespace Belfry.Bench.Topology;

/// <summary>The servers of one run: PostgreSQL and Kafka where no address was given for them, and the system under test as a process.</summary>
internal sealed class Stand : IAsyncDisposable
{
    public const string Topic = "notification-events";

    // A production server's, not a laptop's: else checkpoints and buffer misses of a small cache are measured.
    private static readonly Dictionary<string, string> PostgresSettings = new()
    {
        ["shared_buffers"] = "1GB",
        ["max_wal_size"] = "8GB",
        ["effective_cache_size"] = "4GB",
    };

    private const string SqliteFile = "bench.db";

    private readonly RunOptions _options;
    private readonly TemporaryFolder _folder = TemporaryFolder.Create("bench");
    private PostgresServer? _postgres;
    private KafkaBroker? _kafka;
    private readonly List<BelfryProcess> _servers = [];
    private StoreProbe? _store;

    private Stand(RunOptions options) => _options = options;

    public Keys Keys { get; } = new();

    /// <summary>The first instance of the system under test.</summary>
    public BelfryProcess Server => _servers[0];

    public IReadOnlyList<BelfryProcess> Servers => _servers;

    /// <summary>Where streams are asked for.</summary>
    public IReadOnlyList<Uri> StreamUrls => [.. _servers.Skip(_options.Apart ? 1 : 0).Select(server => server.Url)];

    /// <summary>Where events may be published by HTTP.</summary>
    public IReadOnlyList<Uri> PublishUrls => [.. _servers.Take(_options.Apart ? 1 : _servers.Count).Select(server => server.Url)];

    /// <summary>Looks into the pipeline's tables.</summary>
    public StoreProbe Store => _store ?? throw new InvalidOperationException("The server has not been started.");

    public string? PostgresConnectionString { get; private set; }

    /// <summary>Null when the run has no Kafka.</summary>
    public string? KafkaBootstrap { get; private set; }

    /// <summary>What a client of this Kafka must set beside its address.</summary>
    public IReadOnlyDictionary<string, string> KafkaProperties =>
        _kafka is null ? new Dictionary<string, string>() : KafkaBroker.ClientProperties;

    /// <summary>Those whose use of the machine is measured. Of servers that were there before, nothing is known.</summary>
    public IReadOnlyList<MeasuredProcess> Processes =>
    [
        .. _servers.Select((server, i) => new MeasuredProcess(NameOf(i), server.Pid, server.Url.Port)),
        .. _postgres is { } postgres ? [new MeasuredProcess("postgres", postgres.Pid, postgres.Port) { HasChildren = true }] : Array.Empty<MeasuredProcess>(),
        .. _kafka is { } kafka ? [new MeasuredProcess("kafka", kafka.Pid, kafka.Port)] : Array.Empty<MeasuredProcess>(),
        new("bench", Environment.ProcessId, Port: null),
    ];

    /// <summary>The processes of which the run could not know anything.</summary>
    public IEnumerable<string> UnknownProcesses =>
        new[] { PostgresConnectionString is not null && _postgres is null ? "postgres" : null, KafkaBootstrap is not null && _kafka is null ? "kafka" : null }
            .OfType<string>();

    public static async Task<Stand> StartAsync(RunOptions options, CancellationToken ct)
    {
        var stand = new Stand(options);
        try
        {
            await Task.WhenAll(stand.StartPostgresAsync(ct), stand.StartKafkaAsync(ct));
            for (var i = 0; i < options.Instances; i++)
            {
                stand._servers.Add(await BelfryProcess.StartAsync(options.Pipeline.Program, stand.ServerSettings(i), ct: ct));
            }

            stand._store = stand.OpenStore();
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
        if (_store is not null) await _store.DisposeAsync();
        foreach (var server in _servers) await server.DisposeAsync();
        if (_kafka is not null) await _kafka.DisposeAsync();
        if (_postgres is not null) await _postgres.DisposeAsync();
        _folder.Dispose();
    }

    private async Task StartPostgresAsync(CancellationToken ct)
    {
        if (_options.Store != StoreKind.Postgres) return;
        PostgresConnectionString = _options.Postgres;
        if (PostgresConnectionString is not null) return;
        _postgres = await PostgresServer.StartAsync(PostgresSettings, ct);
        PostgresConnectionString = await _postgres.CreateDatabaseAsync("bench", ct);
    }

    private async Task StartKafkaAsync(CancellationToken ct)
    {
        if (_options.Via != WayIn.Kafka) return;
        KafkaBootstrap = _options.Kafka;
        if (KafkaBootstrap is not null) return;
        _kafka = await KafkaBroker.StartAsync(ct);
        await _kafka.CreateTopicAsync(Topic, ct: ct);
        KafkaBootstrap = _kafka.BootstrapServers;
    }

    private string NameOf(int instance) => instance == 0 ? _options.Pipeline.ProcessName : $"{_options.Pipeline.ProcessName} {instance + 1}";

    private Dictionary<string, string> ServerSettings(int instance)
    {
        var settings = new Dictionary<string, string>
        {
            ["Belfry__Auth__Secret"] = Keys.Secret,
            ["Belfry__Auth__ApiKeys__bench"] = Keys.ApiKeyHash,
            // One key for both: who may change topics may publish.
            ["Belfry__Auth__AdminKeys__bench"] = Keys.ApiKeyHash,
        };
        if (PostgresConnectionString is { } postgres) settings["ConnectionStrings__Postgres"] = postgres;
        else settings["Belfry__Sqlite__Path"] = _folder.Combine(SqliteFile);
        if (KafkaBootstrap is { } kafka && (instance == 0 || !_options.Apart)) settings["ConnectionStrings__Kafka"] = kafka;
        foreach (var (name, value) in KafkaProperties)
        {
            settings["Belfry__Kafka__Properties__" + name.Replace('.', '_')] = value;
        }

        var limit = Math.Max(100_000, _options.Connections);
        if (limit > 100_000) settings["Belfry__Streaming__Connections"] = limit.ToString(CultureInfo.InvariantCulture);
        foreach (var (name, value) in _options.Settings) settings[name] = value;
        return settings;
    }

    private StoreProbe OpenStore() => PostgresConnectionString is { } postgres
        ? new PostgresProbe(postgres, _options.Pipeline.IsBelfry ? PostgresQueries.Belfry : PostgresQueries.Original)
        : new SqliteProbe(_folder.Combine(SqliteFile));
}
