using System.Text;
using Belfry.Hosting.Auth;
using Belfry.Hosting.Commands;
using Belfry.Settings;

namespace Belfry.Hosting;

/// <summary>Refuses to start on settings that are wrong, with everything that is wrong at once.</summary>
internal static class StartChecks
{
    public static void Demand(WebApplicationBuilder builder)
    {
        var errors = SettingsCatalog.Of(builder.Services).Check(builder.Configuration);
        if (errors.Count > 0) throw new CommandException(Describe(errors), CommandLine.WrongUsage);

        var auth = (AuthOptions)SettingsSection.Of<AuthOptions>().Read(builder.Configuration).Options;
        if (!auth.IsConfigured) throw new CommandException(NoAuth, CommandLine.WrongUsage);
    }

    public static string Describe(IReadOnlyList<SettingError> errors)
    {
        var text = new StringBuilder(errors.Count == 1 ? "One setting is wrong:" : $"{errors.Count} settings are wrong:");
        foreach (var error in errors) text.AppendLine().Append("  ").Append(error);
        return text.AppendLine().Append("`belfry config` lists every setting.").ToString();
    }

    private const string NoAuth = """
        Nobody could connect: no auth setting is set. Set who may stream, and who may publish:

          export Belfry__Auth__Secret="$(openssl rand -base64 48)"       # signs users' tokens; or Belfry__Auth__Authority and Belfry__Auth__Audience
          export Belfry__Auth__ApiKeys__my_service=sha256:<hex>          # a publisher; `belfry token --api-key` makes the key and this line

        or try Belfry with throw-away keys:

          belfry serve --dev
        """;
}
