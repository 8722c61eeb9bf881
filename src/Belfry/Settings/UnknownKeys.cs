namespace Belfry.Settings;

/// <summary>Finds keys that nothing reads: a mistyped setting would otherwise be a setting that silently has its default.</summary>
internal static class UnknownKeys
{
    private const string Root = "Belfry:";
    private const string ConnectionStrings = "ConnectionStrings:";

    public static IEnumerable<SettingError> Find(IConfiguration configuration, IReadOnlyList<Setting> settings)
    {
        foreach (var (key, value) in configuration.AsEnumerable().OrderBy(pair => pair.Key, StringComparer.Ordinal))
        {
            if (value is null || settings.Any(s => Reads(s, key)) || SecretFiles.IsFileKey(key)) continue;

            var near = Nearest(key, settings);
            if (key.StartsWith(Root, StringComparison.OrdinalIgnoreCase)) yield return Unknown(key, near);

            // Other programs' connection strings may stand in the same environment; only what looks like one of ours is refused.
            else if (key.StartsWith(ConnectionStrings, StringComparison.OrdinalIgnoreCase) && near is not null) yield return Unknown(key, near);
        }
    }

    private static SettingError Unknown(string key, string? near) => new(
        key,
        near is null ? "there is no such setting" : $"there is no such setting; did you mean {SettingError.EnvironmentName(near)}?");

    private static bool Reads(Setting setting, string key)
    {
        if (key.Equals(setting.Key, StringComparison.OrdinalIgnoreCase)) return true;
        if (!setting.IsList && !setting.IsMap) return false;

        return key.Length > setting.Key.Length + 1
            && key[setting.Key.Length] == ':'
            && key.StartsWith(setting.Key, StringComparison.OrdinalIgnoreCase)
            && key.IndexOf(':', setting.Key.Length + 1) < 0;
    }

    private static string? Nearest(string key, IReadOnlyList<Setting> settings)
    {
        var section = key[..(key.IndexOf(':', StringComparison.Ordinal) + 1)];
        var (candidate, distance) = settings
            .Where(s => s.Key.StartsWith(section, StringComparison.OrdinalIgnoreCase))
            .Select(s => (s.Key, Distance: EditDistance(key.ToUpperInvariant(), s.Key.ToUpperInvariant())))
            .DefaultIfEmpty((Key: "", Distance: int.MaxValue))
            .MinBy(pair => pair.Distance);
        return distance <= Math.Max(2, (key.Length - section.Length) / 3) ? candidate : null;
    }

    private static int EditDistance(string a, string b)
    {
        var row = Enumerable.Range(0, b.Length + 1).ToArray();
        for (var i = 1; i <= a.Length; i++)
        {
            var diagonal = row[0];
            row[0] = i;
            for (var j = 1; j <= b.Length; j++)
            {
                var replaced = diagonal + (a[i - 1] == b[j - 1] ? 0 : 1);
                diagonal = row[j];
                row[j] = Math.Min(replaced, Math.Min(row[j], row[j - 1]) + 1);
            }
        }

        return row[b.Length];
    }
}
