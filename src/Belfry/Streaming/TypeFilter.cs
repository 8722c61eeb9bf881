namespace Belfry.Streaming;

/// <summary>Which event types a stream wants: names, or prefixes that end in <c>*</c>.</summary>
internal sealed class TypeFilter
{
    private readonly string[] _names;
    private readonly string[] _prefixes;

    private TypeFilter(string[] names, string[] prefixes)
    {
        _names = names;
        _prefixes = prefixes;
    }

    /// <summary>Reads the query's <c>types</c>, separated by commas; null when it asks for everything.</summary>
    public static TypeFilter? Parse(string? text)
    {
        var parts = (text ?? "").Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
        if (parts.Length == 0 || parts.Contains("*")) return null;
        return new TypeFilter(
            [.. parts.Where(p => !p.EndsWith('*'))],
            [.. parts.Where(p => p.EndsWith('*')).Select(p => p[..^1])]);
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
