namespace Belfry.Work;

/// <summary>The kinds of work that this instance can do.</summary>
internal sealed class TaskKinds
{
    private readonly Dictionary<string, TaskKind> _kinds;

    public TaskKinds(IEnumerable<TaskKind> kinds)
    {
        _kinds = kinds.ToDictionary(kind => kind.Name, StringComparer.Ordinal);
        Names = [.. _kinds.Keys];
    }

    public IReadOnlyList<string> Names { get; }

    public TaskKind this[string name] => _kinds[name];
}
