using System.Diagnostics.Metrics;
using Belfry.Dashboard.Measuring;

namespace Belfry.Dashboard;

/// <summary>Takes a row of all numbers each second, whether anybody watches or not, so that whoever looks sees what was before.</summary>
internal sealed class Sampler : BackgroundService
{
    public static readonly TimeSpan Beat = TimeSpan.FromSeconds(1);

    private const int Kept = 600;

    private readonly Gauges _gauges;
    private readonly TimeProvider _time;
    private readonly int _poolUsed;
    private readonly int _poolMax;
    private readonly TaskCompletionSource _started = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private long _taken;

    public Sampler(IMeterFactory meters, TimeProvider time)
    {
        _gauges = new Gauges(meters);
        _time = time;
        _taken = time.GetTimestamp();
        _poolUsed = Names.Index().First(n => n.Item == "pool_used").Index;
        _poolMax = Names.Index().First(n => n.Item == "pool_max").Index;
    }

    public History History { get; } = new(Kept);

    public IReadOnlyList<string> Names => _gauges.Names;

    public IReadOnlyList<PartitionLag> Lags => _gauges.Lags;

    /// <summary>Whether another connection could be the last one. False where there is no pool.</summary>
    public bool IsPoolNearlyFull => History.Latest is { } last && IsNearlyFull(last.Values[_poolUsed], last.Values[_poolMax]);

    /// <param name="used">Connections in use; not a number where there is no pool.</param>
    internal static bool IsNearlyFull(double used, double max) => used >= max - 2;

    /// <summary>Completes when its clock runs.</summary>
    internal Task Started => _started.Task;

    public override void Dispose()
    {
        _gauges.Dispose();
        base.Dispose();
    }

    internal Sample Take()
    {
        var now = _time.GetTimestamp();
        var sample = new Sample(_time.GetUtcNow().ToUnixTimeMilliseconds(), _gauges.Take(_time.GetElapsedTime(_taken, now)));
        _taken = now;
        History.Add(sample);
        return sample;
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Beat, _time);
        _started.SetResult();
        try
        {
            while (await timer.WaitForNextTickAsync(stoppingToken)) Take();
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // The host stops.
        }
    }
}
