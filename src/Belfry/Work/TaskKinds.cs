using Belfry.Contracts;

namespace Belfry.Work;

/// <summary>The kinds of work that an engine does.</summary>
internal sealed class TaskKinds
{
    private readonly Dictionary<string, TaskKind> _kinds;

    public TaskKinds(IEnumerable<TaskKind> kinds)
    {
        _kinds = kinds.ToDictionary(kind => kind.Name, StringComparer.Ordinal);
        Names = [.. _kinds.Keys];
    }

    public IReadOnlyList<string> Names { get; }

    /// <summary>
    /// The ranks that are claimed, the most urgent first. Work that may have to wait for long, for somebody else's sake, has ranks
    /// of its own: whoever claims walks over what waits with his ranks, and over nothing else.
    /// </summary>
    public IReadOnlyList<Priority> Ranks { get; init; } = [Priority.High, Priority.Medium, Priority.Low];

    /// <summary>How many of so many may be claimed now.</summary>
    public Func<int, int> Admit { get; init; } = static wanted => wanted;

    public TaskKind this[string name] => _kinds[name];
}
