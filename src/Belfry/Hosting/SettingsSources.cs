using System.Reflection;
using Belfry.Settings;
using Microsoft.Extensions.Configuration.EnvironmentVariables;
using Microsoft.Extensions.Configuration.Json;
using Microsoft.Extensions.FileProviders;

namespace Belfry.Hosting;

/// <summary>Where settings come from, the later over the earlier: embedded defaults, appsettings.json, environment, flags, secrets' files.</summary>
internal static class SettingsSources
{
    /// <summary>The origin of what nobody has set.</summary>
    public const string Default = "default";

    public static void AddSources(this ConfigurationManager configuration, HostArguments arguments)
    {
        configuration.AddJsonStream(Assembly.GetExecutingAssembly().GetManifestResourceStream("appsettings.json")!);
        configuration.AddJsonFile(new PhysicalFileProvider(arguments.WorkingFolder), "appsettings.json", optional: true, reloadOnChange: false);
        if (arguments.Environment is null) configuration.AddEnvironmentVariables("ASPNETCORE_").AddEnvironmentVariables();
        else configuration.AddInMemoryCollection(arguments.Environment.Select(pair => new KeyValuePair<string, string?>(
            pair.Key.Replace("__", ":", StringComparison.Ordinal), pair.Value)));

        // The name that every ASP.NET Core program knows; our own wins.
        const string Urls = "Belfry:Http:Urls";
        if (configuration["Urls"] is { } urls && configuration[Urls] is null) configuration[Urls] = urls;

        configuration.AddInMemoryCollection(arguments.Flags.Where(flag => flag.Value is not null));
        configuration.Sources.Add(new SecretFiles(configuration));
    }

    /// <summary>Which of the sources a setting's value comes from, for people.</summary>
    public static string FindOrigin(IConfigurationRoot configuration, Setting setting)
    {
        // The last that knows it wins; a list may have entries from several.
        foreach (var provider in configuration.Providers.Reverse())
        {
            if (!provider.TryGet(setting.Key, out _) && !provider.GetChildKeys([], setting.Key).Any()) continue;
            return provider switch
            {
                SecretFiles => "a file",
                JsonConfigurationProvider => "appsettings.json",
                EnvironmentVariablesConfigurationProvider => "the environment",
                _ => "a flag",
            };
        }

        return Default;
    }
}
