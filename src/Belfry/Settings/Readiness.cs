using System.Collections.Concurrent;

namespace Belfry.Settings;

/// <summary>What <c>/readyz</c> answers from: each part reports its own name here whenever it changes. Thread-safe.</summary>
internal sealed class Readiness
{
    private readonly ConcurrentDictionary<string, ReadinessState> _parts = new();

    /// <summary>Every part that has reported, with its latest word.</summary>
    public IReadOnlyDictionary<string, ReadinessState> Parts => _parts;

    public bool IsReady => _parts.Values.All(p => p.Ready);

    public void Report(string part, bool ready, string? detail) => _parts[part] = new ReadinessState(ready, detail);
}

/// <summary>One part's word on whether it can do its work.</summary>
internal sealed record ReadinessState(bool Ready, string? Detail);
