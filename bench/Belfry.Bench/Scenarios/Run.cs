using Belfry.Bench.Checker;
using Belfry.Bench.Client;
using Belfry.Bench.Producers;
using Belfry.Bench.Topology;

namespace Belfry.Bench.Scenarios;

/// <summary>One run's apparatus: servers, users, streams, a way in, and the books that are compared at the end.</summary>
internal sealed class Run : IAsyncDisposable
{
    private static readonly TimeSpan TokenLifetime = TimeSpan.FromDays(2);
    private static readonly TimeSpan OpenPatience = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan Poll = TimeSpan.FromMilliseconds(10);
    private static readonly TimeSpan DrainPatience = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan StallPatience = TimeSpan.FromSeconds(10);

    private readonly UserToken _tokens;
    private readonly IPublisher? _publisher;

    private Run(RunOptions options, Stand stand, Progress progress)
    {
        Options = options;
        Stand = stand;
        Progress = progress;
        Users = UserSet.OfNewRun(options.Users, options.FollowersByTopic);
        Ledger = new Ledger(options.Users, options.Connections);
        _tokens = new UserToken(stand.Keys.Secret, TimeProvider.System.GetUtcNow() + TokenLifetime);
        var target = new StreamTarget(stand.StreamUrls, _tokens, Users, options.Connections);
        Streams = new ClientPool(target, Users, options.Pipeline.KeepsEventIds, ClientPool.DefaultLoops);
        _publisher = options.Via == WayIn.None ? null : MakePublisher();
        Kafka = stand.KafkaBootstrap is { } kafka ? new KafkaProbe(kafka, stand.KafkaProperties, Stand.Topic, stand.Store) : null;
    }

    public RunOptions Options { get; }

    public Stand Stand { get; }

    public Progress Progress { get; }

    public UserSet Users { get; }

    public Ledger Ledger { get; }

    public ClientPool Streams { get; }

    /// <summary>Only where the scenario publishes.</summary>
    public IPublisher Publisher => _publisher ?? throw new InvalidOperationException("This scenario publishes nothing.");

    /// <summary>Requests that HTTP had to send again.</summary>
    public long Retries => _publisher is HttpPublisher http ? http.Retries : 0;

    /// <summary>The last error that the Kafka client told of, if any.</summary>
    public string? KafkaError => (_publisher as KafkaPublisher)?.LastError;

    public KafkaProbe? Kafka { get; }

    /// <summary>Notifications that were acknowledged and have not been received by all that should.</summary>
    public long Missing => Math.Max(0, Ledger.DeliveriesDue - Streams.Counts.Deliveries);

    /// <summary>What was published and is still to be acknowledged, or received.</summary>
    public long OnTheWay => Ledger.Outstanding + Missing;

    public static async Task<Run> StartAsync(RunOptions options, Progress progress, CancellationToken ct)
    {
        progress.Say($"starting the servers of {options.Pipeline.Name}");
        var run = new Run(options, await Stand.StartAsync(options, ct), progress);
        if (options.FollowersByTopic) await TopicSetup.RunAsync(run, ct);
        return run;
    }

    public async Task OpenStreamsAsync(int count, CancellationToken ct)
    {
        Progress.Say($"opening {count} streams");
        Streams.Open(count);
        await Streams.WaitUntilOpenAsync(OpenPatience, ct);
    }

    public string TokenOf(int user) => _tokens.For(Users.NameOf(user));

    /// <summary>Waits until all that was acknowledged has been received; false when it does not get there.</summary>
    public async Task<bool> DrainAsync(CancellationToken ct)
    {
        var end = BenchClock.Micros + BenchClock.Of(DrainPatience);
        var (seen, since) = (-1L, 0L);
        while (Ledger.Outstanding > 0 || Missing > 0)
        {
            Streams.ThrowIfFailed();
            var now = BenchClock.Micros;
            if (Streams.Counts.Deliveries != seen) (seen, since) = (Streams.Counts.Deliveries, now);
            if (now > end || now - since > BenchClock.Of(StallPatience)) return false;
            await Task.Delay(Poll, TimeProvider.System, ct);
        }

        return true;
    }

    public async ValueTask DisposeAsync()
    {
        if (_publisher is not null) await _publisher.DisposeAsync();
        Kafka?.Dispose();
        await Streams.DisposeAsync();
        await Stand.DisposeAsync();
    }

    private IPublisher MakePublisher()
    {
        var writer = new EventWriter(Users, Options.Payload);
        if (Options.Via == WayIn.Http) return new HttpPublisher(Users, Ledger, writer, Stand.PublishUrls, Stand.Keys.ApiKey);
        var properties = new Dictionary<string, string>(Stand.KafkaProperties) { ["bootstrap.servers"] = Stand.KafkaBootstrap! };
        foreach (var (name, value) in Options.Producer) properties[name] = value;
        return new KafkaPublisher(Users, Ledger, writer, Stand.Topic, properties);
    }
}
