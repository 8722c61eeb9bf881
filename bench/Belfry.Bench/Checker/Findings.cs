namespace Belfry.Bench.Checker;

/// <summary>How much is wrong of each kind, and the first few by name. Not for several threads.</summary>
internal sealed class Findings
{
    /// <summary>How many of a kind are kept by name.</summary>
    public const int NamedOfEach = 5;

    private readonly Dictionary<FindingKind, long> _counts = [];
    private readonly List<Finding> _named = [];

    /// <summary>The first few of each kind.</summary>
    public IReadOnlyList<Finding> Named => _named;

    public bool Any => _counts.Count > 0;

    public long Count(FindingKind kind) => _counts.GetValueOrDefault(kind);

    public void Add(Finding finding)
    {
        if (HasRoomFor(finding.Kind)) _named.Add(finding);
        _counts[finding.Kind] = Count(finding.Kind) + 1;
    }

    public void Add(Findings others)
    {
        foreach (var finding in others._named.Where(finding => HasRoomFor(finding.Kind))) _named.Add(finding);
        foreach (var (kind, count) in others._counts) _counts[kind] = Count(kind) + count;
    }

    private bool HasRoomFor(FindingKind kind) => _named.Count(finding => finding.Kind == kind) < NamedOfEach;
}
