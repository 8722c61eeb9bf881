using System.Text.RegularExpressions;
using Microsoft.Extensions.Options;

namespace Belfry.Settings;

/// <summary>An options class of which there are any number, each under a name of its own: <c>Path:name:Property</c>. Immutable.</summary>
internal sealed partial class SettingsGroup
{
    private readonly Func<string, SettingsSection> _sectionAt;

    private SettingsGroup(Type type, Func<string, SettingsSection> sectionAt)
    {
        _sectionAt = sectionAt;
        Type = type;
        Path = SettingsSection.PathOf(type);
        Example = sectionAt($"{Path}:<name>");
    }

    public Type Type { get; }

    public string Path { get; }

    /// <summary>What one of them looks like.</summary>
    public SettingsSection Example { get; }

    public static SettingsGroup Of<TOptions>()
        where TOptions : class, new() => new(typeof(TOptions), SettingsSection.Of<TOptions>);

    /// <summary>One section for each name that is set.</summary>
    public IEnumerable<SettingsSection> SectionsOf(IConfiguration configuration) => Named(configuration).Select(named => _sectionAt(named.Path));

    /// <summary>Names become parts of metrics and of what is stored, so they are plain.</summary>
    public IEnumerable<SettingError> CheckNames(IConfiguration configuration) =>
        Named(configuration)
            .Where(named => !Name.IsMatch(named.Key))
            .Select(named => new SettingError(named.Path, "a name has 1 to 40 letters, digits, dashes and underscores"));

    /// <summary>What is set, by its name in lower case.</summary>
    /// <exception cref="OptionsValidationException">A value is wrong.</exception>
    public IReadOnlyDictionary<string, TOptions> Read<TOptions>(IConfiguration configuration)
        where TOptions : class, new()
    {
        var read = Named(configuration).Select(named => (Name: named.Key.ToLowerInvariant(), Read: _sectionAt(named.Path).Read(configuration))).ToList();
        var errors = CheckNames(configuration).Concat(read.SelectMany(r => r.Read.Errors)).ToList();
        if (errors.Count > 0) throw new OptionsValidationException(Path, Type, errors.Select(e => e.ToString()));
        return read.ToDictionary(r => r.Name, r => (TOptions)r.Read.Options, StringComparer.Ordinal);
    }

    // A value where a name should be is no group; as a key that nothing reads it is an error of its own.
    private IEnumerable<IConfigurationSection> Named(IConfiguration configuration) =>
        configuration.GetSection(Path).GetChildren().Where(child => child.GetChildren().Any());

    [GeneratedRegex("^[A-Za-z0-9_-]{1,40}$")]
    private static partial Regex Name { get; }
}
