using System.Reflection;
using Belfry.Hosting.Commands;
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

    private const string FileName = "appsettings.json";
    private const string Environment = "the environment";

    /// <exception cref="CommandException">The settings file is not JSON.</exception>
    public static void AddSources(this ConfigurationManager configuration, HostArguments arguments)
    {
        configuration.AddJsonStream(Assembly.GetExecutingAssembly().GetManifestResourceStream(FileName)!);
        AddFile(configuration, arguments.WorkingFolder);
        if (arguments.Environment is null) configuration.AddEnvironmentVariables("ASPNETCORE_").AddEnvironmentVariables();
        else configuration.Sources.Add(new NamedValues(Environment, AsKeys(arguments.Environment)));

        // The name that every ASP.NET Core program knows; our own wins.
        const string Urls = "Belfry:Http:Urls";
        if (configuration["Urls"] is { } urls && configuration[Urls] is null) configuration[Urls] = urls;

        configuration.Sources.Add(new NamedValues("a flag", arguments.Flags.Where(flag => flag.Value is not null)));
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
                NamedValues.Provider named => named.Origin,
                SecretFiles => "a file",
                JsonConfigurationProvider => FileName,
                EnvironmentVariablesConfigurationProvider => Environment,
                _ => Default,
            };
        }

        return Default;
    }

    private static void AddFile(ConfigurationManager configuration, string folder)
    {
        try
        {
            configuration.AddJsonFile(new PhysicalFileProvider(folder), FileName, optional: true, reloadOnChange: false);
        }
        catch (InvalidDataException e)
        {
            throw new CommandException($"{Path.Combine(folder, FileName)} cannot be read: {e.InnerException?.Message ?? e.Message}", CommandLine.WrongUsage);
        }
    }

    private static IEnumerable<KeyValuePair<string, string?>> AsKeys(IReadOnlyDictionary<string, string?> environment) =>
        environment.Select(pair => KeyValuePair.Create(pair.Key.Replace("__", ":", StringComparison.Ordinal), pair.Value));
}
