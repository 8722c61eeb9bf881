using Microsoft.Extensions.Options;

namespace Belfry.Settings;

internal static class SettingsServices
{
    /// <summary>
    /// Registers an options class with the catalog and as <see cref="IOptions{TOptions}"/>. A host checks the whole catalog before
    /// it starts; should a part be built without that, its first reader gets the same errors as an exception.
    /// </summary>
    public static IServiceCollection AddSettings<TOptions>(this IServiceCollection services)
        where TOptions : class, new()
    {
        if (services.Any(s => s.ImplementationInstance is SettingsSection known && known.Type == typeof(TOptions))) return services;

        var section = SettingsSection.Of<TOptions>();
        services.AddSingleton(section);
        services.AddOptions<TOptions>().Configure<IConfiguration>((options, configuration) =>
        {
            var errors = section.Bind(configuration, options);
            if (errors.Count > 0) throw new OptionsValidationException(section.Path, typeof(TOptions), errors.Select(e => e.ToString()));
        });
        return services;
    }

    /// <summary>Registers a group with the catalog, and what is set of it as <see cref="NamedSettings{TOptions}"/>.</summary>
    public static IServiceCollection AddNamedSettings<TOptions>(this IServiceCollection services)
        where TOptions : class, new()
    {
        var group = SettingsGroup.Of<TOptions>();
        services.AddSingleton(group);
        services.AddSingleton(provider => new NamedSettings<TOptions>(group.Read<TOptions>(provider.GetRequiredService<IConfiguration>())));
        return services;
    }
}
