using Belfry.Bench.Topology;
using Belfry.Servers;

namespace Belfry.Bench.Measuring;

/// <summary>What the processes of a run have taken of the machine up to a moment, and what the store has grown to. Immutable.</summary>
internal sealed class Snapshot
{
    private readonly Dictionary<string, ProcessUsage> _usage;
    private readonly SocketTable _sockets;

    private Snapshot(Dictionary<string, ProcessUsage> usage, SocketTable sockets, StoreFigures store, KernelMemory kernel)
    {
        _usage = usage;
        _sockets = sockets;
        Store = store;
        Kernel = kernel;
    }

    public StoreFigures Store { get; }

    public KernelMemory Kernel { get; }

    public bool KnowsSockets => _sockets.IsKnown;

    public IEnumerable<string> Processes => _usage.Keys;

    public static async Task<Snapshot> TakeAsync(Stand stand, CancellationToken ct)
    {
        var processes = stand.Processes;
        var sockets = await SocketTable.ReadAsync(processes, ct);
        var store = await stand.Store.ReadFiguresAsync(ct);
        var usage = processes.ToDictionary(process => process.Name, process => process.HasChildren ? ProcessUsage.OfTree(process.Pid) : ProcessUsage.Of(process.Pid));
        return new Snapshot(usage, sockets, store, KernelMemory.Read());
    }

    public ProcessUsage UsageOf(string process) => _usage[process];

    public TimeSpan CpuSince(Snapshot earlier, string process) => _usage[process].Cpu - earlier._usage.GetValueOrDefault(process).Cpu;

    public NetworkBytes NetworkSince(Snapshot earlier, string process) => _sockets.Since(earlier._sockets, process);
}
