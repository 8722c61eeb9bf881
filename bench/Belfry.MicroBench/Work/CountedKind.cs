using System.Buffers.Text;
using System.Diagnostics;
using Belfry.Contracts;
using Belfry.Mailboxes;
using Belfry.Work;

namespace Belfry.MicroBench.Work;

/// <summary>Work that does nothing but say when it was done. Any thread.</summary>
internal sealed class CountedKind : TaskKind
{
    public const string KindName = "counted";

    private readonly Lock _gate = new();
    private List<long> _latencies = [];
    private long _count;

    public override string Name => KindName;

    public long Count => Volatile.Read(ref _count);

    /// <summary>A task whose body is the present time and a filling, 60 bytes of JSON.</summary>
    public static NewTask New() => new(
        "", KindName, Guid.CreateVersion7(), Priority.Medium, RunAt: null, MaxAttempts: 3,
        System.Text.Encoding.UTF8.GetBytes($"{Stopwatch.GetTimestamp(),20} {{\"n\":1,\"text\":\"a piece of work to do\"}}"));

    /// <summary>From adding to running, in stopwatch ticks, of what has run since this was last asked.</summary>
    public List<long> TakeLatencies()
    {
        lock (_gate)
        {
            var taken = _latencies;
            _latencies = [];
            return taken;
        }
    }

    public override Task<TaskResult> RunAsync(ClaimedTask task, CancellationToken ct)
    {
        var now = Stopwatch.GetTimestamp();
        if (Utf8Parser.TryParse(task.Body.AsSpan(0, 20).TrimStart((byte)' '), out long added, out _))
        {
            lock (_gate) _latencies.Add(now - added);
        }

        Interlocked.Increment(ref _count);
        return Task.FromResult(TaskResult.Done);
    }
}
