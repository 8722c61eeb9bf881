namespace Belfry.Settings;

/// <summary>All that is set of a <see cref="SettingsGroup"/>, by name.</summary>
internal sealed record NamedSettings<TOptions>(IReadOnlyDictionary<string, TOptions> ByName)
    where TOptions : class, new();
