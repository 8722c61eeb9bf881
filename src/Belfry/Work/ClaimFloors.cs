using Belfry.Contracts;

namespace Belfry.Work;

/// <summary>
/// Below which time a claim need not look. Beside a transaction that is held open, what was done stays in the index, and every
/// claim from the beginning would walk over all of it: a queue of a thousand tasks a second stands still within minutes. So a
/// claim begins where the last one ended, a margin earlier for what commits late, and from the very beginning once in a while.
/// Thread-safe.
/// </summary>
internal sealed class ClaimFloors(IReadOnlyList<Priority> ranks, TimeSpan sweepInterval, TimeProvider time)
{
    private static readonly TimeSpan Margin = TimeSpan.FromSeconds(2);

    private readonly Lock _gate = new();
    private readonly Dictionary<Priority, DateTime> _floors = FromTheBeginning(ranks);
    private readonly SweepPace _sweeps = new(sweepInterval, time);

    /// <summary>How the next claim looks; once in a while from the beginning.</summary>
    public ClaimLook Next()
    {
        if (_sweeps.TryBegin()) return new ClaimLook(FromTheBeginning(ranks), SweepBegan: time.GetTimestamp());
        lock (_gate) return new ClaimLook(new Dictionary<Priority, DateTime>(_floors), SweepBegan: null);
    }

    /// <summary>What is older than the newest of these is taken, or comes late. By the store's clock only: this machine's may differ.</summary>
    public void Learn(ClaimLook look, IReadOnlyList<ClaimedTask> claimed)
    {
        if (look.SweepBegan is { } began) _sweeps.Ended(time.GetElapsedTime(began));
        lock (_gate)
        {
            foreach (var priority in ranks)
            {
                var newest = claimed.Where(task => task.Priority == priority).Select(task => task.RunAt).DefaultIfEmpty(DateTime.MinValue).Max();
                if (newest - DateTime.MinValue < Margin) continue;
                var floor = newest - Margin;

                // What a sweep has found may have more of its age behind it: the next claims begin there, and go up again.
                if (floor > _floors[priority] || look.SweepBegan is not null) _floors[priority] = floor;
            }
        }
    }

    private static Dictionary<Priority, DateTime> FromTheBeginning(IReadOnlyList<Priority> ranks) => ranks.ToDictionary(rank => rank, _ => DateTime.MinValue);
}

/// <summary>Where one claim begins to look.</summary>
/// <param name="SweepBegan">When, for a claim from the beginning; else null.</param>
internal sealed record ClaimLook(IReadOnlyDictionary<Priority, DateTime> Floors, long? SweepBegan);
