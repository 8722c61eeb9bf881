using Belfry.Cluster;
using Belfry.Mailboxes;
using Microsoft.Extensions.Options;

namespace Belfry.Work;

/// <summary>
/// Claims due tasks into the board. One sign wakes one picker; a picker whose claim came back full leaves a sign for the next
/// one, so that an idle queue is looked at by one of them and a full one by all.
/// </summary>
internal sealed class Pickers
{
    private readonly ITaskStore _store;
    private readonly TaskBoard _board;
    private readonly TaskWakes _wakes;
    private readonly TaskKinds _kinds;
    private readonly InstanceIdentity _identity;
    private readonly WorkOptions _options;
    private readonly WorkMetrics _metrics;
    private readonly TimeProvider _time;
    private readonly ClaimFloors _floors;

    public Pickers(
        ITaskStore store, TaskBoard board, TaskWakes wakes, TaskKinds kinds, InstanceIdentity identity, IOptions<WorkOptions> options, WorkMetrics metrics,
        TimeProvider time)
    {
        _store = store;
        _board = board;
        _wakes = wakes;
        _kinds = kinds;
        _identity = identity;
        _options = options.Value;
        _metrics = metrics;
        _time = time;
        _floors = new ClaimFloors(kinds.Ranks, _options.ReclaimInterval, time);
    }

    /// <summary>Runs until the token says so.</summary>
    public Task RunAsync(CancellationToken ct) => Task.WhenAll([PollAsync(ct), .. Enumerable.Range(0, _options.Pickers).Select(_ => PickAsync(ct))]);

    /// <summary>One claim; true: there may be more.</summary>
    internal async Task<bool> ClaimAsync(CancellationToken ct)
    {
        var admitted = _kinds.Admit(_options.ClaimBatch);
        var places = admitted == 0 ? 0 : _board.TakePlaces(admitted);
        if (places == 0) return false;

        var left = places;
        try
        {
            var asked = _time.GetTimestamp();
            var look = _floors.Next();
            var claimed = await _store.ClaimAsync(new TaskClaim(_kinds.Names, places, _options.Lease, _identity.Id, look.Floors), ct);
            _floors.Learn(look, claimed);
            _metrics.Claimed(claimed.Count);

            // Before anything runs: another picker may as well begin.
            if (claimed.Count == places) _wakes.Wake();
            foreach (var task in claimed)
            {
                _board.Add(new HeldTask(task, asked, _time));
                left--;
            }

            return claimed.Count == places;
        }
        finally
        {
            _board.GiveBack(left);
        }
    }

    private async Task PickAsync(CancellationToken ct)
    {
        while (!ct.IsCancellationRequested)
        {
            try
            {
                await _wakes.WaitAsync(ct);
                while (await ClaimAsync(ct))
                {
                }
            }
            catch (StoreUnavailableException)
            {
                // The store's monitor says so; the next poll tries again.
            }
            catch (OperationCanceledException) when (ct.IsCancellationRequested)
            {
                return;
            }
        }
    }

    private async Task PollAsync(CancellationToken ct)
    {
        using var timer = new PeriodicTimer(_options.PollInterval, _time);
        try
        {
            do _wakes.Wake();
            while (await timer.WaitForNextTickAsync(ct));
        }
        catch (OperationCanceledException)
        {
            // The host stops.
        }
    }
}
