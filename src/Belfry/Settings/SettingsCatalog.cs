namespace Belfry.Settings;

/// <summary>Every setting that the composed service has. Immutable.</summary>
internal sealed class SettingsCatalog(IEnumerable<SettingsSection> sections)
{
    public IReadOnlyList<SettingsSection> Sections { get; } = [.. sections.OrderBy(s => s.Path, StringComparer.Ordinal)];

    public static SettingsCatalog Of(IServiceCollection services) =>
        new(services.Select(s => s.ImplementationInstance).OfType<SettingsSection>());

    /// <summary>Everything that is wrong with the configuration, so that one start shows it all.</summary>
    public IReadOnlyList<SettingError> Check(IConfigurationRoot configuration) =>
    [
        .. SecretFiles.Check(configuration),
        .. Sections.SelectMany(section => section.Read(configuration).Errors),
        .. UnknownKeys.Find(configuration, [.. Sections.SelectMany(s => s.Settings)]),
    ];
}
