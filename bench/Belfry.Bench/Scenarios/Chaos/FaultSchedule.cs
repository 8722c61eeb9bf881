using Belfry.Servers;

namespace Belfry.Bench.Scenarios.Chaos;

/// <summary>
/// Makes up all faults of a run before it begins, from its seed alone: kinds are dealt from a shuffled deck that holds each once, so
/// that all come before one comes again. Faults overlap, but one instance is always left that can be reached.
/// </summary>
internal sealed class FaultSchedule
{
    // A killed server is away for longer than it is not running.
    private static readonly TimeSpan ComesBackIn = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan Lead = TimeSpan.FromSeconds(4);
    private static readonly TimeSpan Shortest = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan StepWhenBusy = TimeSpan.FromSeconds(1);

    private readonly ChaosOptions _options;
    private readonly Random _random;
    private readonly List<FaultKind> _deck = [];
    private readonly Dictionary<(FaultTarget, int), TimeSpan> _busyUntil = [];
    private readonly TimeSpan[] _awayUntil;

    private FaultSchedule(ChaosOptions options)
    {
        _options = options;
        _random = new Random(options.Seed);
        _awayUntil = new TimeSpan[options.Instances];
    }

    /// <summary>In the order of their times.</summary>
    public static IReadOnlyList<Fault> Make(ChaosOptions options)
    {
        var schedule = new FaultSchedule(options);
        var end = options.Duration - options.Quiet;
        var faults = new List<Fault>();
        for (var at = Lead; end - at > Shortest; at += TimeSpan.FromSeconds(schedule.Between(2, 7)))
        {
            while (end - at > Shortest && schedule.TryDraw(at, end) is var fault)
            {
                if (fault is not null)
                {
                    faults.Add(fault);
                    break;
                }

                at += StepWhenBusy;
            }
        }

        return faults;
    }

    /// <summary>The first kind of the deck that something is free for; null when nothing is.</summary>
    private Fault? TryDraw(TimeSpan at, TimeSpan end)
    {
        if (_deck.Count == 0) Shuffle();
        for (var card = 0; card < _deck.Count; card++)
        {
            if (TryMake(_deck[card], at, end) is not { } fault) continue;
            _deck.RemoveAt(card);
            Occupy(fault);
            return fault;
        }

        return null;
    }

    private Fault? TryMake(FaultKind kind, TimeSpan at, TimeSpan end)
    {
        var instance = -1;
        if (kind.IsOfInstance)
        {
            int[] free = [.. Enumerable.Range(0, _options.Instances).Where(i => IsFree(kind, i, at))];
            if (free.Length == 0) return null;
            instance = free[_random.Next(free.Length)];
        }
        else if (_busyUntil.GetValueOrDefault((kind.Target, instance)) > at)
        {
            return null;
        }

        return Draw(new Fault(at, kind) { Instance = instance }, end - at);
    }

    private bool IsFree(FaultKind kind, int instance, TimeSpan at)
    {
        if (_busyUntil.GetValueOrDefault((kind.Target, instance)) > at) return false;
        if (!kind.TakesInstanceAway) return true;
        return _awayUntil[instance] <= at && Enumerable.Range(0, _options.Instances).Any(other => other != instance && _awayUntil[other] <= at);
    }

    private Fault Draw(Fault fault, TimeSpan longest)
    {
        var seconds = (fault.Kind.Target, fault.Kind.Action) switch
        {
            (FaultTarget.Postgres, _) => Between(0.2, 3),
            (FaultTarget.Instance, FaultAction.Freeze) => Between(1, 20),
            (_, FaultAction.Kill or FaultAction.Restart) => Between(1, 5),
            _ => Between(1, 10),
        };
        var lasts = TimeSpan.FromSeconds(seconds);
        return fault with
        {
            Lasts = lasts < longest ? lasts : longest,
            Way = (Way)_random.Next((int)Way.ToServer, (int)Way.Both + 1),
            Latency = TimeSpan.FromMilliseconds(_random.Next(20, 300)),
        };
    }

    private void Occupy(Fault fault)
    {
        var until = fault.At + fault.Lasts + (fault.Kind.IsOfLink || fault.Kind.Action == FaultAction.Freeze ? TimeSpan.Zero : ComesBackIn);
        _busyUntil[fault.Resource] = until;
        if (fault.Kind.TakesInstanceAway) _awayUntil[fault.Instance] = until;
    }

    private void Shuffle()
    {
        FaultKind[] kinds = [.. FaultKind.All(_options.Redis)];
        _random.Shuffle(kinds);
        _deck.AddRange(kinds);
    }

    private double Between(double least, double most) => least + _random.NextDouble() * (most - least);
}
