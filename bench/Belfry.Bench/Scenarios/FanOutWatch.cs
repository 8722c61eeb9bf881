using Belfry.Bench.Report;
using Belfry.Bench.Topology;

namespace Belfry.Bench.Scenarios;

/// <summary>Keeps the times of a fan-out over the lives of its server, by looking at its task. Not for several threads.</summary>
internal sealed class FanOutWatch(Run run, BenchTopic topic, FanOutProbe probe)
{
    private static readonly TimeSpan Poll = TimeSpan.FromMilliseconds(20);
    private static readonly TimeSpan ClaimPatience = TimeSpan.FromMinutes(3);
    private static readonly TimeSpan SayEvery = TimeSpan.FromSeconds(5);

    private readonly List<FanOutLife> _lives = [];
    private long _task;
    private int _token;
    private int _reached;
    private int _reachedAtClaim;
    private long _publishedAt;
    private long _claimedAt;
    private long _saidAt;
    private double _down;
    private double _lease;

    /// <summary>When the last mailbox was seen to have it.</summary>
    private long _doneAt;

    public bool IsDone => _doneAt > 0;

    /// <summary>Publishes the event.</summary>
    public async Task BeginAsync(CancellationToken ct)
    {
        _task = await topic.PublishAsync(ct);
        _publishedAt = _claimedAt = _saidAt = BenchClock.Micros;
        run.Progress.Say("published");
    }

    /// <summary>True: it is done, or has come as far as the next kill.</summary>
    public async Task<bool> IsDueAsync(CancellationToken ct)
    {
        await LookAsync(ct);
        if (!IsDone && _lives.Count < run.Options.Kills && _reached < NextKillAt) return false;
        if (IsDone) EndLife(_doneAt);
        return IsDone || _lives.Count < run.Options.Kills;
    }

    /// <summary>kill -9, and started again; returns when the server is ready.</summary>
    public async Task KillAsync(CancellationToken ct)
    {
        await run.Stand.Server.KillAsync();
        var killedAt = BenchClock.Micros;
        await LookAsync(ct);
        EndLife(killedAt);
        run.Progress.Say($"killed at {_reached:N0}");
        await run.Stand.Server.StartAgainAsync(ct: ct);
        _down = BenchClock.ToSeconds(BenchClock.Micros - killedAt);
    }

    /// <summary>The killed server's lease must run out first.</summary>
    public async Task WaitUntilClaimedAsync(CancellationToken ct)
    {
        var begin = BenchClock.Micros;
        using var timer = new PeriodicTimer(Poll, TimeProvider.System);
        while (await probe.ReadAsync(_task, ct) is { } state && (state.Token == _token || !state.Leased))
        {
            if (BenchClock.Micros - begin > BenchClock.Of(ClaimPatience)) throw new BenchFailedException($"Nobody went on with the fan-out for {ClaimPatience.TotalMinutes} minutes.");
            await timer.WaitForNextTickAsync(ct);
        }

        _claimedAt = BenchClock.Micros;
        _lease = BenchClock.ToSeconds(_claimedAt - begin);
        run.Progress.Say($"claimed again after {_lease:N1} s");
    }

    public FanOutReport Report(double addedPerS, FanOutCount count)
    {
        var seconds = _lives.Sum(life => life.Seconds);
        var inAll = BenchClock.ToSeconds(_doneAt - _publishedAt);
        return new FanOutReport(
            run.Options.Members, Round(addedPerS), count.Once, count.Missing, count.Doubled, count.Others,
            Round(run.Options.Members / seconds), Round(run.Options.Members / inAll), Round(seconds), Round(inAll), _lives);
    }

    private int NextKillAt => (int)((long)run.Options.Members * (_lives.Count + 1) / (run.Options.Kills + 1));

    private async Task LookAsync(CancellationToken ct)
    {
        var state = await probe.ReadAsync(_task, ct);
        var now = BenchClock.Micros;
        if (state is { } open) (_token, _reached) = (open.Token, topic.CountUpTo(open.Progress));
        else (_doneAt, _reached) = (IsDone ? _doneAt : now, run.Options.Members);

        if (now - _saidAt < BenchClock.Of(SayEvery)) return;
        _saidAt = now;
        run.Progress.Say($"{_reached:N0} of {run.Options.Members:N0} mailboxes");
    }

    private void EndLife(long at)
    {
        var mailboxes = _reached - _reachedAtClaim;
        var seconds = BenchClock.ToSeconds(at - _claimedAt);
        _lives.Add(new FanOutLife(mailboxes, Round(seconds), Round(mailboxes / seconds), Round(_down), Round(_lease)));
        _reachedAtClaim = _reached;
    }

    private static double Round(double value) => Math.Round(value, 3);
}
