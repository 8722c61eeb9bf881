using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using Belfry.Hosting.Auth;
using Belfry.Settings;

namespace Belfry.Hosting.Commands;

/// <summary><c>belfry token</c>: makes users' tokens and publishers' keys.</summary>
internal sealed class TokenCommand : BelfryCommand
{
    private readonly Option<string?> _sub = new("--sub") { Description = "The user: the token's subject.", HelpName = "user" };
    private readonly NumberOption _count = new("--count", "Make this many tokens, one a line, for <prefix>0, <prefix>1 and so on.", 1, 10_000_000);
    private readonly Option<string> _prefix = new("--prefix") { Description = "What the users of --count are called.", DefaultValueFactory = _ => "user-" };
    private readonly DurationOption _expires = new("--expires", "How long the tokens are valid (default 1h).");
    private readonly Option<bool> _apiKey = new("--api-key") { Description = "Make a publisher's key, and the setting that lets it in. The key itself is stored nowhere." };
    private readonly Option<string> _name = new("--name") { Description = "The name of the publisher of --api-key.", DefaultValueFactory = _ => "my_service" };
    private readonly Option<bool> _dev = new("--dev") { Description = "Use the throw-away keys of `serve --dev` in the data folder." };
    private readonly Option<bool> _json = new("--json") { Description = "Print JSON, one object a line." };
    private readonly HostArguments _start;
    private readonly TimeProvider _time;

    public TokenCommand(HostArguments? start = null, TimeProvider? time = null)
        : base(
            "token",
            "Makes users' tokens, signed with Belfry__Auth__Secret, and publishers' keys.",
            "belfry token --sub user-1",
            "belfry token --count 1000 --prefix user- --expires 12h > tokens.txt",
            "belfry token --api-key --name job_service")
    {
        _start = start ?? new HostArguments();
        _time = time ?? TimeProvider.System;
        foreach (var option in new Option[] { _sub, _count, _prefix, _expires, _apiKey, _name, _dev, _json }) Add(option);

        Validators.Add(result =>
        {
            var chosen = new[] { result.GetResult(_sub) is not null, result.GetResult(_count) is not null, result.GetValue(_apiKey) }.Count(c => c);
            if (chosen != 1) result.AddError("Say what to make, with one of --sub, --count and --api-key.");
        });
        _sub.Validators.Add(result =>
        {
            if (!UserTokens.IsUserId(result.GetValueOrDefault<string?>())) result.AddError("A user has 1 to 255 characters, without control characters.");
        });
        SetAction(Run);
    }

    private int Run(ParseResult parsed)
    {
        var output = parsed.InvocationConfiguration.Output;
        if (parsed.GetValue(_apiKey)) PrintKey(output, parsed);
        else PrintTokens(output, parsed);
        return CommandLine.Done;
    }

    private void PrintKey(TextWriter output, ParseResult parsed)
    {
        var key = parsed.GetValue(_dev) ? ReadAuth(dev: true).Keys!.ApiKey : KeyHash.NewKey();
        var name = parsed.GetRequiredValue(_name);
        var hash = KeyHash.Format(key);
        if (parsed.GetValue(_json))
        {
            output.WriteLine(JsonSerializer.Serialize(new Dictionary<string, string> { ["name"] = name, ["key"] = key, ["hash"] = hash }));
            return;
        }

        output.WriteLine($"key      {key}");
        output.WriteLine($"setting  Belfry__Auth__ApiKeys__{name}={hash}");
    }

    private void PrintTokens(TextWriter output, ParseResult parsed)
    {
        var maker = new TokenMaker(ReadAuth(parsed.GetValue(_dev)).Auth, _time);
        var lifetime = parsed.GetValue(_expires) ?? TimeSpan.FromHours(1);
        var users = parsed.GetValue(_sub) is { } one
            ? [one]
            : Enumerable.Range(0, parsed.GetValue(_count)!.Value).Select(i => parsed.GetValue(_prefix) + i.ToString(CultureInfo.InvariantCulture));
        foreach (var user in users)
        {
            var token = maker.Make(user, lifetime);
            output.WriteLine(parsed.GetValue(_json)
                ? JsonSerializer.Serialize(new Dictionary<string, string> { ["sub"] = user, ["token"] = token })
                : token);
        }
    }

    /// <summary>The settings that sign; with <paramref name="dev"/> as the server of the same folder has them.</summary>
    private (AuthOptions Auth, DevKeys? Keys) ReadAuth(bool dev)
    {
        var configuration = new ConfigurationManager();
        configuration.AddSources(_start);
        var keys = dev ? DevMode.AddKeys(configuration) : null;

        var (options, errors) = SettingsSection.Of<AuthOptions>().Read(configuration);
        var auth = (AuthOptions)options;
        if (errors.Count > 0) throw new CommandException(string.Join(Environment.NewLine, errors), CommandLine.WrongUsage);
        if (auth.Secret is not null) return (auth, keys);

        throw new CommandException(
            auth.Authority is null
                ? "There is no secret to sign with: set Belfry__Auth__Secret as the server has it, or use --dev for a server that runs with --dev."
                : "Users' tokens come from Belfry__Auth__Authority; only with Belfry__Auth__Secret can they be made here.",
            CommandLine.WrongUsage);
    }
}
