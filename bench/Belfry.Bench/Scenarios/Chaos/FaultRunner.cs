using Belfry.Servers;

namespace Belfry.Bench.Scenarios.Chaos;

/// <summary>A fault as it has happened.</summary>
/// <param name="BeganAt">From the beginning of the run.</param>
/// <param name="EndedAt">When it was mended, or what was started again answered.</param>
/// <param name="Wrong">What did not go as it must; null: nothing.</param>
internal sealed record FaultRecord(Fault Fault, TimeSpan BeganAt, TimeSpan EndedAt, string? Wrong)
{
    public override string ToString() => $"{Fault}; was from {BeganAt.TotalSeconds:0.0} to {EndedAt.TotalSeconds:0.0} s{(Wrong is null ? "" : $": {Wrong}")}";
}

/// <summary>Lets the faults of a schedule happen, each at its time, whether the one before has been mended or not.</summary>
internal sealed class FaultRunner(ChaosStand stand, long startMicros, Action<string> say)
{
    private static readonly TimeSpan OtherPatience = TimeSpan.FromSeconds(20);

    private readonly Dictionary<(FaultTarget, int), SemaphoreSlim> _turns = [];
    private readonly List<Task<FaultRecord>> _faults = [];

    /// <summary>Returns when all have been mended.</summary>
    public async Task<IReadOnlyList<FaultRecord>> RunAsync(IReadOnlyList<Fault> schedule, CancellationToken ct)
    {
        foreach (var fault in schedule)
        {
            if (fault.At - Now is { Ticks: > 0 } wait) await Task.Delay(wait, TimeProvider.System, ct);
            if (!_turns.TryGetValue(fault.Resource, out var turn)) _turns[fault.Resource] = turn = new SemaphoreSlim(1);
            _faults.Add(HappenAsync(fault, turn, ct));
        }

        return await Task.WhenAll(_faults);
    }

    private TimeSpan Now => BenchClock.ToTimeSpan(BenchClock.Micros - startMicros);

    /// <summary>Two faults that want the same wait for each other: a server may have taken long to come back.</summary>
    private async Task<FaultRecord> HappenAsync(Fault fault, SemaphoreSlim turn, CancellationToken ct)
    {
        await turn.WaitAsync(ct);
        try
        {
            var wrong = fault.Kind.Target == FaultTarget.Instance ? await WaitForAnotherAsync(fault.Instance, ct) : null;
            var began = Now;
            say($"{fault}");
            try
            {
                wrong ??= await DoAsync(fault, ct);
            }
            catch (Exception e) when (e is ServerFailedException or TimeoutException or InvalidOperationException)
            {
                wrong = e.Message;
            }

            var record = new FaultRecord(fault, began, Now, wrong);
            if (wrong is not null) say($"{record}");
            return record;
        }
        finally
        {
            turn.Release();
        }
    }

    /// <summary>Never all at once for long: somebody must be there to take what comes.</summary>
    private async Task<string?> WaitForAnotherAsync(int instance, CancellationToken ct)
    {
        try
        {
            await Eventually.HoldsAsync("another instance is up", () => stand.Instances.Any(other => other.Index != instance && other.IsUp), OtherPatience, ct);
            return null;
        }
        catch (TimeoutException e)
        {
            return e.Message;
        }
    }

    private async Task<string?> DoAsync(Fault fault, CancellationToken ct)
    {
        switch (fault.Kind)
        {
            case { Target: FaultTarget.Instance, Action: FaultAction.Kill }:
                await stand.Instances[fault.Instance].KillAsync(fault.Lasts, ct);
                break;
            case { Target: FaultTarget.Instance, Action: FaultAction.Freeze }:
                await stand.Instances[fault.Instance].FreezeAsync(fault.Lasts, ct);
                break;
            case { Target: FaultTarget.Instance }:
                return await stand.Instances[fault.Instance].RestartAsync(fault.Lasts, ct);
            case { Target: FaultTarget.Postgres }:
                await (fault.Kind.Action == FaultAction.Kill ? stand.Postgres.KillAsync() : stand.Postgres.StopAsync(ct));
                await Task.Delay(fault.Lasts, TimeProvider.System, ct);
                await stand.Postgres.StartAgainAsync(ct);
                break;
            case { Target: FaultTarget.Kafka }:
                await (fault.Kind.Action == FaultAction.Kill ? stand.Kafka.KillAsync() : stand.Kafka.StopAsync(ct));
                await Task.Delay(fault.Lasts, TimeProvider.System, ct);
                await stand.Kafka.StartAgainAsync(ct);
                break;
            default:
                await BreakAsync(fault, stand.Instances[fault.Instance].Link(fault.Kind.Target), ct);
                break;
        }

        return null;
    }

    private static async Task BreakAsync(Fault fault, FaultProxy link, CancellationToken ct)
    {
        switch (fault.Kind.Action)
        {
            case FaultAction.Cut:
                link.Refuse();
                link.Cut();
                break;
            case FaultAction.Delay:
                link.Delay(fault.Latency);
                break;
            default:
                link.Stall(fault.Way);
                break;
        }

        try
        {
            await Task.Delay(fault.Lasts, TimeProvider.System, ct);
        }
        finally
        {
            if (fault.Kind.Action == FaultAction.Cut) link.Accept();
            else link.Resume();
        }
    }
}
