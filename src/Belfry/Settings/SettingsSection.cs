using System.ComponentModel.DataAnnotations;
using System.Reflection;

namespace Belfry.Settings;

/// <summary>An options class as the catalog knows it: where it is read from, and each of its settings. Immutable.</summary>
internal sealed class SettingsSection
{
    private readonly Func<object> _create;

    private SettingsSection(Type type, string path, Func<object> create)
    {
        _create = create;
        Type = type;
        Path = path;
        var defaults = create();
        Settings = [.. type.GetProperties().Where(p => p.CanWrite).Select(p => new Setting(Path, p, p.GetValue(defaults)))];
    }

    public Type Type { get; }

    public string Path { get; }

    public IReadOnlyList<Setting> Settings { get; }

    public static SettingsSection Of<TOptions>()
        where TOptions : class, new() => Of<TOptions>(PathOf(typeof(TOptions)));

    /// <summary>The same options under another path.</summary>
    public static SettingsSection Of<TOptions>(string path)
        where TOptions : class, new() => new(typeof(TOptions), path, static () => new TOptions());

    public static string PathOf(Type options) => options.GetCustomAttribute<SettingsSectionAttribute>()?.Path
        ?? throw new InvalidOperationException($"{options} has no [SettingsSection].");

    /// <summary>A new options object with the configured values, and what is wrong with them.</summary>
    public (object Options, IReadOnlyList<SettingError> Errors) Read(IConfiguration configuration)
    {
        var options = _create();
        return (options, Bind(configuration, options));
    }

    /// <summary>Puts the configured values into <paramref name="options"/>; the answer is everything that is wrong.</summary>
    public IReadOnlyList<SettingError> Bind(IConfiguration configuration, object options)
    {
        var errors = Settings.SelectMany(setting => setting.Apply(configuration, options)).ToList();

        // What the values say together is worth a word only when each alone could be read.
        if (errors.Count == 0 && options is IValidatableObject together)
        {
            errors.AddRange(
                from result in together.Validate(new ValidationContext(options))
                let member = result.MemberNames.FirstOrDefault()
                select new SettingError(member is null ? Path : $"{Path}:{member}", result.ErrorMessage ?? "is not valid"));
        }

        return errors;
    }
}
