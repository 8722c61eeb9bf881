using Belfry.Contracts;

namespace Belfry.Work;

/// <summary>
/// Below which time a claim need not look. Beside a transaction that is held open, what was done stays in the index, and every
/// claim from the beginning would walk over all of it: a queue of a thousand tasks a second stands still within minutes. So a
/// claim begins where the last one ended, a margin earlier for what commits late, and from the very beginning once an interval.
/// Thread-safe.
/// </summary>
internal sealed class ClaimFloors(TimeSpan sweepInterval, TimeProvider time)
{
    private static readonly TimeSpan Margin = TimeSpan.FromSeconds(2);
    private static readonly Priority[] Priorities = [Priority.High, Priority.Medium, Priority.Low];

    private readonly Lock _gate = new();
    private readonly Dictionary<Priority, DateTime> _floors = Priorities.ToDictionary(p => p, _ => DateTime.MinValue);
    private long _swept;

    /// <summary>The floors for the next claim; once an interval there are none.</summary>
    public IReadOnlyDictionary<Priority, DateTime> Next()
    {
        lock (_gate)
        {
            if (_swept == 0 || time.GetElapsedTime(_swept) >= sweepInterval)
            {
                _swept = time.GetTimestamp();
                foreach (var priority in Priorities) _floors[priority] = DateTime.MinValue;
            }

            return new Dictionary<Priority, DateTime>(_floors);
        }
    }

    /// <summary>What is older than the newest of these is taken, or comes late. By the store's clock only: this machine's may differ.</summary>
    public void Learn(IReadOnlyList<ClaimedTask> claimed)
    {
        lock (_gate)
        {
            foreach (var priority in Priorities)
            {
                var newest = claimed.Where(task => task.Priority == priority).Select(task => task.RunAt).DefaultIfEmpty(DateTime.MinValue).Max();
                if (newest - DateTime.MinValue < Margin) continue;
                var floor = newest - Margin;
                if (floor > _floors[priority]) _floors[priority] = floor;
            }
        }
    }
}
