using System.Diagnostics;
using Belfry.Servers;
using Npgsql;

namespace Belfry.Bench.Scenarios.Chaos;

/// <summary>One instance of the service, with a way that can be broken to everything that it talks to. One fault at a time befalls it, or one of its ways.</summary>
internal sealed class ChaosInstance : IAsyncDisposable
{
    private static readonly TimeSpan TerminatePatience = TimeSpan.FromSeconds(30);

    private readonly BelfryProcess _process;
    private readonly FaultProxy _postgres;
    private readonly FaultProxy _kafka;
    private readonly FaultProxy _clients;
    private readonly SemaphoreSlim _turn = new(1);
    private long _awayMicros;
    private volatile bool _orderedDown;

    private ChaosInstance(int index, BelfryProcess process, FaultProxy postgres, FaultProxy kafka, FaultProxy clients)
    {
        (Index, _process, _postgres, _kafka, _clients) = (index, process, postgres, kafka, clients);
        Url = new UriBuilder(process.Url) { Port = clients.Port }.Uri;
    }

    public int Index { get; }

    /// <summary>Where clients come in, through the proxy.</summary>
    public Uri Url { get; }

    /// <summary>Whether it runs and moves, for all we have done to it.</summary>
    public bool IsUp => !_orderedDown && _process.IsRunning;

    /// <summary>Whether it has ended although nobody has told it to.</summary>
    public bool HasDied => !_orderedDown && !_process.IsRunning;

    /// <summary>How long it was killed, ended or frozen, until it answered again.</summary>
    public TimeSpan Away => BenchClock.ToTimeSpan(Volatile.Read(ref _awayMicros));

    /// <summary>The longest time that it took to end at SIGTERM.</summary>
    public TimeSpan SlowestEnd { get; private set; }

    public static async Task<ChaosInstance> StartAsync(
        int index, IReadOnlyDictionary<string, string> settings, string database, PostgresServer postgres, KafkaBroker kafka, CancellationToken ct)
    {
        var (toPostgres, toKafka) = (FaultProxy.Start(postgres.Port), FaultProxy.StartForKafka(kafka.Port));
        try
        {
            var all = new Dictionary<string, string>(settings)
            {
                ["ConnectionStrings__Postgres"] = new NpgsqlConnectionStringBuilder(database) { Port = toPostgres.Port }.ConnectionString,
                ["ConnectionStrings__Kafka"] = $"127.0.0.1:{toKafka.Port}",
                ["Belfry__Cluster__Name"] = $"instance-{index}",
            };
            var process = await BelfryProcess.StartAsync(BelfryProgram.Service, all, ct: ct);
            return new ChaosInstance(index, process, toPostgres, toKafka, FaultProxy.Start(process.Url.Port));
        }
        catch
        {
            await toPostgres.DisposeAsync();
            await toKafka.DisposeAsync();
            throw;
        }
    }

    public FaultProxy Link(FaultTarget target) => target switch
    {
        FaultTarget.PostgresLink => _postgres,
        FaultTarget.KafkaLink => _kafka,
        FaultTarget.ClientLink => _clients,
        _ => throw new ArgumentOutOfRangeException(nameof(target), target, "is no link"),
    };

    /// <summary>kill -9, and started again; answers when it lives.</summary>
    public Task KillAsync(TimeSpan down, CancellationToken ct) => GoAwayAsync(
        async () =>
        {
            await _process.KillAsync();
            await Task.Delay(down, TimeProvider.System, ct);
            await _process.StartAgainAsync(BelfryProcess.Live, ct);
        });

    /// <summary>As at a deployment; answers what was wrong with its end, when something was.</summary>
    public async Task<string?> RestartAsync(TimeSpan down, CancellationToken ct)
    {
        string? wrong = null;
        await GoAwayAsync(async () =>
        {
            wrong = await TerminateAsync(ct);
            await Task.Delay(down, TimeProvider.System, ct);
            await _process.StartAgainAsync(BelfryProcess.Live, ct);
        });
        return wrong;
    }

    public Task FreezeAsync(TimeSpan duration, CancellationToken ct) => GoAwayAsync(async () =>
    {
        _process.Freeze();
        try
        {
            await Task.Delay(duration, TimeProvider.System, ct);
        }
        finally
        {
            _process.Thaw();
        }
    });

    /// <summary>What a supervisor does with a service that has ended by itself.</summary>
    public Task ReviveAsync(CancellationToken ct) => GoAwayAsync(async () =>
    {
        if (_process.IsRunning) return;
        await _process.KillAsync();
        await _process.StartAgainAsync(BelfryProcess.Live, ct);
    });

    public string ReadLog() => _process.ReadLog();

    public async ValueTask DisposeAsync()
    {
        await _process.DisposeAsync();
        _turn.Dispose();
        foreach (var proxy in new[] { _clients, _postgres, _kafka })
        {
            proxy.Resume();
            await proxy.DisposeAsync();
        }
    }

    private async Task<string?> TerminateAsync(CancellationToken ct)
    {
        var begun = Stopwatch.GetTimestamp();
        try
        {
            var end = await _process.TerminateAsync(TerminatePatience, ct);
            if (end.Duration > SlowestEnd) SlowestEnd = end.Duration;
            return end.ExitCode == 0 ? null : $"ended with {end.ExitCode} at SIGTERM";
        }
        catch (ServerFailedException)
        {
            SlowestEnd = Stopwatch.GetElapsedTime(begun);
            await _process.KillAsync();
            return $"did not end within {TerminatePatience.TotalSeconds:0} s of SIGTERM";
        }
    }

    private async Task GoAwayAsync(Func<Task> fault)
    {
        await _turn.WaitAsync();
        var begun = BenchClock.Micros;
        _orderedDown = true;
        try
        {
            await fault();
        }
        finally
        {
            Interlocked.Add(ref _awayMicros, BenchClock.Micros - begun);
            _orderedDown = false;
            _turn.Release();
        }
    }
}
