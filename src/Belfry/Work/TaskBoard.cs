using System.Collections.Concurrent;
using System.Threading.Channels;
using Microsoft.Extensions.Options;

namespace Belfry.Work;

/// <summary>
/// Everything that this instance has claimed: what waits for a worker, what runs, and what is to be told to the store. Both
/// channels are bounded by what is claimed, and nothing is claimed that would not fit.
/// </summary>
internal sealed class TaskBoard
{
    private readonly ConcurrentDictionary<long, HeldTask> _held = new();
    private readonly Channel<HeldTask> _waiting;
    private readonly Channel<TaskEnd> _ended;
    private readonly TaskWakes _wakes;
    private readonly int _capacity;
    private readonly int _worthClaiming;
    private int _places;
    private volatile bool _wasFull;

    public TaskBoard(IOptions<WorkOptions> options, TaskWakes wakes)
    {
        _wakes = wakes;
        _capacity = options.Value.ChannelCapacity;

        // A claim of a few rows costs as much as one of many: rather wait until there is room for a good part.
        _worthClaiming = Math.Max(1, Math.Min(options.Value.ClaimBatch, _capacity) / 2);

        // Full cannot happen: places are taken before a claim, and kept until the store knows of the end.
        _waiting = Channel.CreateBounded<HeldTask>(_capacity);
        _ended = Channel.CreateBounded<TaskEnd>(new BoundedChannelOptions(_capacity + options.Value.Workers) { SingleReader = true });
    }

    /// <summary>What has been claimed and not begun.</summary>
    public ChannelReader<HeldTask> Waiting => _waiting.Reader;

    /// <summary>What the store is to be told.</summary>
    public ChannelReader<TaskEnd> Ended => _ended.Reader;

    public ICollection<HeldTask> Held => _held.Values;

    public int HeldCount => _held.Count;

    public int WaitingCount => _waiting.Reader.Count;

    /// <summary>Takes up to so many places in the channel; answers how many, or 0 when it is too full for a claim to be worth it.</summary>
    public int TakePlaces(int wanted)
    {
        while (true)
        {
            var taken = Volatile.Read(ref _places);
            var more = Math.Min(wanted, _capacity - taken);

            if (more < Math.Min(_worthClaiming, wanted))
            {
                // Looked at once more after the sign is up: what was given back before it told nobody.
                if (_wasFull) return 0;
                _wasFull = true;
                continue;
            }

            if (Interlocked.CompareExchange(ref _places, taken + more, taken) == taken) return more;
        }
    }

    /// <summary>There is room again; whoever found none before is told once a claim is worth it.</summary>
    public void GiveBack(int places)
    {
        var taken = Interlocked.Add(ref _places, -places);
        if (!_wasFull || _capacity - taken < _worthClaiming) return;
        _wasFull = false;
        _wakes.Wake();
    }

    public void Add(HeldTask task)
    {
        // A lease of ours that ran out, and was claimed again by ourselves.
        if (_held.TryGetValue(task.Task.Id, out var before)) before.Lose();
        _held[task.Task.Id] = task;
        if (!_waiting.Writer.TryWrite(task)) throw new InvalidOperationException("More was claimed than there are places.");
    }

    /// <summary>The work is over. What the store is not to be told of leaves at once.</summary>
    public void End(TaskEnd end)
    {
        if (end.Kind == TaskEndKind.Nothing) Remove(end.Task);
        else if (!_ended.Writer.TryWrite(end)) throw new InvalidOperationException("More has ended than was claimed.");
    }

    /// <summary>The store knows.</summary>
    public void Remove(HeldTask task)
    {
        _held.TryRemove(KeyValuePair.Create(task.Task.Id, task));
        task.Dispose();
        GiveBack(1);
    }

    /// <summary>Nothing more is claimed: the workers go home when the channel is empty.</summary>
    public void CompleteWaiting() => _waiting.Writer.TryComplete();

    /// <summary>Nothing more ends.</summary>
    public void CompleteEnded() => _ended.Writer.TryComplete();
}

/// <summary>What became of a task.</summary>
/// <param name="Failure">With <see cref="TaskEndKind.Failed"/>.</param>
internal readonly record struct TaskEnd(HeldTask Task, TaskEndKind Kind, TaskFailure? Failure = null);

/// <summary>What the store is to be told.</summary>
internal enum TaskEndKind
{
    /// <summary>It knows already, or the task is another's.</summary>
    Nothing,

    /// <summary>It is done.</summary>
    Done,

    /// <summary>An attempt has failed.</summary>
    Failed,

    /// <summary>It was not begun.</summary>
    Released,
}
