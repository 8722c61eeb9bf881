namespace Belfry.Settings;

/// <summary>Every setting that the composed service has. Immutable.</summary>
internal sealed class SettingsCatalog(IEnumerable<SettingsSection> sections, IEnumerable<SettingsGroup> groups)
{
    private readonly IReadOnlyList<SettingsSection> _sections = [.. sections];
    private readonly IReadOnlyList<SettingsGroup> _groups = [.. groups];

    public static SettingsCatalog Of(IServiceCollection services)
    {
        var registered = services.Select(s => s.ImplementationInstance).ToList();
        return new SettingsCatalog(registered.OfType<SettingsSection>(), registered.OfType<SettingsGroup>());
    }

    /// <summary>Every section that the configuration is read into: of a group one for each name that is set.</summary>
    public IReadOnlyList<SettingsSection> SectionsOf(IConfiguration configuration) =>
        InOrder(_sections.Concat(_groups.SelectMany(group => group.SectionsOf(configuration))));

    /// <summary>The same for people: a group of which nothing is set is shown once, with a name that stands for any.</summary>
    public IReadOnlyList<SettingsSection> DescribedBy(IConfiguration configuration) =>
        InOrder(_sections.Concat(_groups.SelectMany(group => group.SectionsOf(configuration).DefaultIfEmpty(group.Example))));

    /// <summary>Everything that is wrong with the configuration, so that one start shows it all.</summary>
    public IReadOnlyList<SettingError> Check(IConfigurationRoot configuration)
    {
        var sections = SectionsOf(configuration);
        return
        [
            .. SecretFiles.Check(configuration),
            .. _groups.SelectMany(group => group.CheckNames(configuration)),
            .. sections.SelectMany(section => section.Read(configuration).Errors),
            .. UnknownKeys.Find(configuration, [.. sections.SelectMany(s => s.Settings)]),
        ];
    }

    private static IReadOnlyList<SettingsSection> InOrder(IEnumerable<SettingsSection> sections) =>
        [.. sections.OrderBy(s => s.Path, StringComparer.Ordinal)];
}
