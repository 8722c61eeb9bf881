using System.CommandLine;
using System.Text.Encodings.Web;
using System.Text.Json;
using Belfry.Settings;

namespace Belfry.Hosting.Commands;

/// <summary><c>belfry config</c>: every setting, what it is now, and what it does.</summary>
internal sealed class ConfigCommand : BelfryCommand
{
    // Without the escapes that only HTML needs.
    private static readonly ConfigJson Json = new(new JsonSerializerOptions(ConfigJson.Default.Options) { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping });

    private readonly Option<bool> _json = new("--json") { Description = "Print a JSON array." };
    private readonly HostArguments _start;

    public ConfigCommand(HostArguments? start = null)
        : base(
            "config",
            "Prints every setting with its value here, its default, its unit and its effect; and everything that is wrong. Secrets are masked.",
            "belfry config",
            "belfry config --json | jq -r '.[] | select(.from != \"default\") | .name'")
    {
        _start = start ?? new HostArguments();
        Add(_json);
        SetAction(Run);
    }

    private int Run(ParseResult parsed)
    {
        var builder = BelfryHost.CreateBuilder(_start);
        var catalog = SettingsCatalog.Of(builder.Services);
        var lines = catalog.DescribedBy(builder.Configuration).SelectMany(section => Describe(section, builder.Configuration)).ToList();

        var output = parsed.InvocationConfiguration.Output;
        if (parsed.GetValue(_json)) output.WriteLine(JsonSerializer.Serialize(lines, Json.ListConfigLine));
        else ConfigTable.Write(output, lines);

        var errors = catalog.Check(builder.Configuration);
        if (errors.Count == 0) return CommandLine.Done;

        parsed.InvocationConfiguration.Error.WriteLine(StartChecks.Describe(errors));
        return CommandLine.WrongUsage;
    }

    private static IEnumerable<ConfigLine> Describe(SettingsSection section, IConfigurationRoot configuration)
    {
        // A value that cannot be read leaves its default here; the errors follow the table.
        var options = section.Read(configuration).Options;
        return section.Settings.Select(setting => new ConfigLine(
            SettingError.EnvironmentName(setting.Key),
            setting.Show(setting.ValueOf(options)),
            setting.Show(setting.Default),
            SettingsSources.FindOrigin(configuration, setting),
            setting.Type,
            setting.Range,
            setting.Effect,
            setting.Original?.Value,
            setting.Original?.Reason));
    }
}
