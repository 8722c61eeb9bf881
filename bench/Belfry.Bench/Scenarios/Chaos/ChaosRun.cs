using System.Globalization;
using Belfry.Bench.Client;
using Belfry.Bench.Measuring;
using Belfry.Servers;

namespace Belfry.Bench.Scenarios.Chaos;

/// <summary>
/// Several instances under faults, while events come in both ways and clients come and go; then quiet, and everything must have
/// arrived, once.
/// </summary>
internal sealed class ChaosRun : IAsyncDisposable
{
    private static readonly TimeSpan TokenLifetime = TimeSpan.FromDays(2);
    private static readonly TimeSpan OpenPatience = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan Lead = TimeSpan.FromMilliseconds(200);
    private static readonly TimeSpan SayEvery = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan Look = TimeSpan.FromMilliseconds(500);

    // Three heartbeats that did not come.
    private static readonly TimeSpan Silence = TimeSpan.FromSeconds(6);
    private static readonly TimeSpan GiveUpAfter = TimeSpan.FromSeconds(120);

    private readonly ChaosPublishers _publishers;
    private readonly List<Task> _revivals = [];

    private ChaosRun(ChaosOptions options, ChaosStand stand, Progress progress)
    {
        Options = options;
        Stand = stand;
        Progress = progress;
        Users = new UserSet((uint)options.Seed, options.Users) { OneWayIn = false };
        Ledger = new ChaosLedger(options.Users);
        var tokens = new UserToken(stand.Keys.Secret, TimeProvider.System.GetUtcNow() + TokenLifetime);
        var target = new StreamTarget([.. stand.Instances.Select(instance => instance.Url)], tokens, Users, options.Connections);
        Streams = new ClientPool(target, Users, keepsEventIds: true, ClientPool.DefaultLoops, Silence);
        Visitors = new Visitors(Streams, options);
        Window = new Measurement(BenchClock.Micros + BenchClock.Of(Lead), options.Publishing);
        _publishers = new ChaosPublishers(options, stand, Users, Ledger);
    }

    public ChaosOptions Options { get; }

    public ChaosStand Stand { get; }

    public Progress Progress { get; }

    public UserSet Users { get; }

    public ChaosLedger Ledger { get; }

    public ClientPool Streams { get; }

    public Visitors Visitors { get; }

    /// <summary>What was delivered of what was published, and when.</summary>
    public Measurement Window { get; private set; }

    /// <summary>What did not go as it must, beside the events.</summary>
    public List<string> Wrong { get; } = [];

    public static async Task<ChaosReport> RunAsync(ChaosOptions options, Progress progress, CancellationToken ct)
    {
        var schedule = FaultSchedule.Make(options);
        foreach (var fault in schedule) progress.Say($"planned: {fault}");
        progress.Say($"starting PostgreSQL, Kafka{(options.Redis ? ", Redis" : "")} and {options.Instances} instances");
        await using var run = new ChaosRun(options, await ChaosStand.StartAsync(options, ct), progress);
        progress.Say($"opening {options.Connections} streams; logs will be in {run.Stand.LogFolder}");
        run.Streams.Open(Visitors.UsersOf(options));
        await run.Streams.WaitUntilOpenAsync(OpenPatience, ct);
        var faults = await run.BreakAsync(schedule, ct);
        return await new ChaosClosing(run, faults).FinishAsync(ct);
    }

    public async ValueTask DisposeAsync()
    {
        _publishers.Dispose();
        await Streams.DisposeAsync();
        await Stand.DisposeAsync();
    }

    /// <summary>Everything at once, until the duration is over and every event has been answered.</summary>
    private async Task<IReadOnlyList<FaultRecord>> BreakAsync(IReadOnlyList<Fault> schedule, CancellationToken ct)
    {
        using var giveUp = CancellationTokenSource.CreateLinkedTokenSource(ct);
        using var quiet = CancellationTokenSource.CreateLinkedTokenSource(ct);
        giveUp.CancelAfter(Options.Duration + GiveUpAfter);
        quiet.CancelAfter(Options.Duration - Options.Quiet);
        Window = new Measurement(BenchClock.Micros + BenchClock.Of(Lead), Options.Publishing);
        await Streams.MeasureAsync(Window);
        var publishing = _publishers.RunAsync(Window.StartMicros, giveUp.Token);
        var visiting = Visitors.RunAsync(quiet.Token);
        var breaking = new FaultRunner(Stand, Window.StartMicros, Progress.Say).RunAsync(schedule, ct);
        await WatchAsync(publishing, ct);
        await publishing;
        await visiting;
        await Task.WhenAll(_revivals);
        return await breaking;
    }

    private async Task WatchAsync(Task publishing, CancellationToken ct)
    {
        var end = Window.StartMicros + BenchClock.Of(Options.Duration);
        var nextSay = Window.StartMicros;
        using var timer = new PeriodicTimer(Look, TimeProvider.System);
        while (!publishing.IsFaulted && (BenchClock.Micros < end || !publishing.IsCompleted) && await timer.WaitForNextTickAsync(ct))
        {
            Streams.ThrowIfFailed();
            foreach (var instance in Stand.Instances.Where(instance => instance.HasDied)) Revive(instance, ct);
            if (BenchClock.Micros < nextSay) continue;
            nextSay += BenchClock.Of(SayEvery);
            var counts = Streams.Counts;
            Progress.Say($"published {Ledger.Published:N0}, acknowledged {Ledger.Acknowledged:N0}, delivered {counts.Deliveries:N0}; streams {counts.Active:N0} open, {counts.CaughtUp:N0} live");
        }
    }

    private void Revive(ChaosInstance instance, CancellationToken ct)
    {
        Tell($"instance {instance.Index} ended by itself");
        _revivals.Add(ReviveAsync());

        async Task ReviveAsync()
        {
            try
            {
                await instance.ReviveAsync(ct);
            }
            catch (ServerFailedException e)
            {
                Tell($"instance {instance.Index} did not start again: {e.Message}");
            }
        }
    }

    private void Tell(string what)
    {
        var line = string.Create(CultureInfo.InvariantCulture, $"{what} at {BenchClock.ToSeconds(BenchClock.Micros - Window.StartMicros):0.0} s");
        lock (Wrong) Wrong.Add(line);
        Progress.Say(line);
    }
}
