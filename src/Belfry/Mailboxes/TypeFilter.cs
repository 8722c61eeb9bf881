namespace Belfry.Mailboxes;

/// <summary>Which event types somebody wants: names, or prefixes that end in <c>*</c>. Immutable.</summary>
internal sealed class TypeFilter
{
    private readonly string[] _names;
    private readonly string[] _prefixes;

    private TypeFilter(string[] names, string[] prefixes)
    {
        _names = names;
        _prefixes = prefixes;
    }

    /// <summary>Those that are wanted by their whole name.</summary>
    public IReadOnlyList<string> Names => _names;

    /// <summary>What those begin with that are wanted by a prefix.</summary>
    public IReadOnlyList<string> Prefixes => _prefixes;

    /// <summary>Reads the query's <c>types</c>, separated by commas; null when it asks for everything.</summary>
    public static TypeFilter? Parse(string? text) =>
        Of((text ?? "").Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries));

    /// <summary>Null when everything is wanted: nothing is named, or <c>*</c> is.</summary>
    public static TypeFilter? Of(IReadOnlyCollection<string> types)
    {
        if (types.Count == 0 || types.Contains("*")) return null;
        return new TypeFilter(
            [.. types.Where(t => !t.EndsWith('*'))],
            [.. types.Where(t => t.EndsWith('*')).Select(t => t[..^1])]);
    }

    public bool Wants(string eventType)
    {
        foreach (var name in _names)
        {
            if (name == eventType) return true;
        }

        foreach (var prefix in _prefixes)
        {
            if (eventType.StartsWith(prefix, StringComparison.Ordinal)) return true;
        }

        return false;
    }
}
