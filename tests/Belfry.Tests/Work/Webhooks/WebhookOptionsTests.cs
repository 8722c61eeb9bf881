using Belfry.Hosting;
using Belfry.Settings;
using Belfry.Tests.Hosting;
using Belfry.Work.Webhooks;

namespace Belfry.Tests.Work.Webhooks;

/// <summary>Endpoints as settings.</summary>
public sealed class WebhookOptionsTests : IDisposable
{
    private const string Secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";

    private readonly TemporaryFolder _folder = new();
    private readonly ServiceCollection _services = new();

    public WebhookOptionsTests() => _services.AddNamedSettings<WebhookOptions>();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Each_name_is_an_endpoint()
    {
        var file = _folder.Write("secret", Secret + "\n");
        var configuration = Configure(
            ("Belfry__Webhooks__Mail__Url", "https://mail.example.com/hooks"),
            ("Belfry__Webhooks__Mail__Secret_FILE", file),
            ("Belfry__Webhooks__Mail__Types__0", "job.*"),
            ("Belfry__Webhooks__push__Url", "http://127.0.0.1:8080/"),
            ("Belfry__Webhooks__push__Secret", Secret),
            ("Belfry__Webhooks__push__AllowPrivate", "true"),
            ("Belfry__Webhooks__push__After", "30s"));
        _services.AddSingleton<IConfiguration>(configuration);

        Assert.Empty(SettingsCatalog.Of(_services).Check(configuration));
        using var provider = _services.BuildServiceProvider();
        var read = provider.GetRequiredService<NamedSettings<WebhookOptions>>().ByName;

        Assert.Equal(["mail", "push"], read.Keys.Order());
        Assert.Equal((Secret, TimeSpan.FromMinutes(5), false), (read["mail"].Secret, read["mail"].After, read["mail"].AllowPrivate));
        Assert.Equal(["job.*"], read["mail"].Types);
        Assert.Equal((TimeSpan.FromSeconds(30), true), (read["push"].After, read["push"].AllowPrivate));
    }

    [Fact]
    public void Without_any_name_there_is_none()
    {
        _services.AddSingleton<IConfiguration>(Configure());
        using var provider = _services.BuildServiceProvider();

        Assert.Empty(provider.GetRequiredService<NamedSettings<WebhookOptions>>().ByName);
    }

    [Fact]
    public void Everything_that_is_wrong_is_said_with_its_key()
    {
        var errors = Check(
            ("Belfry__Webhooks__a__Ulr", "https://example.com"),
            ("Belfry__Webhooks__b__Url", "https://example.com"),
            ("Belfry__Webhooks__b__After", "10s"),
            ("Belfry__Webhooks__no name__Url", "https://example.com"),
            ("Belfry__Webhooks__no name__Secret", Secret),
            ("Belfry__Webhooks__AllowPrivate", "true"));

        Assert.Contains(errors, e => e.StartsWith("Belfry__Webhooks__a__Url: has to be set", StringComparison.Ordinal));
        Assert.Contains(errors, e => e.StartsWith("Belfry__Webhooks__a__Secret: has to be set", StringComparison.Ordinal));
        Assert.Contains("Belfry__Webhooks__a__Ulr: there is no such setting; did you mean Belfry__Webhooks__a__Url?", errors);
        Assert.Contains("Belfry__Webhooks__b__After: 10s is out of range, which is 30s to 7d", errors);
        Assert.Contains(errors, e => e.StartsWith("Belfry__Webhooks__no name: a name has", StringComparison.Ordinal));
        Assert.Contains(errors, e => e.StartsWith("Belfry__Webhooks__AllowPrivate: there is no such setting", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("Url", "example.com", "is not an address with https")]
    [InlineData("Url", "ftp://example.com", "is not an address with https")]
    [InlineData("Url", "http://example.com", "AllowPrivate=true allows it")]
    [InlineData("Url", "https://user:pass@example.com", "has a user or a fragment")]
    [InlineData("Url", "https://localhost/x", "is on this machine or in a private network")]
    [InlineData("Url", "https://169.254.169.254/latest", "is on this machine or in a private network")]
    [InlineData("Url", "https://[fd00::1]/", "is on this machine or in a private network")]
    [InlineData("Url", "https://2130706433/", "is on this machine or in a private network")]
    [InlineData("Secret", "whsec_c2hvcnQ=", "is not a secret: write whsec_")]
    [InlineData("PreviousSecret", "a long password, but no secret", "is not a secret: write whsec_")]
    [InlineData("Types__0", "a*b", "'a*b' is not an event type")]
    [InlineData("Types__0", "", "'' is not an event type")]
    [InlineData("Unless", "seen", "comes with the inbox")]
    [InlineData("Unless", "sometimes", "is not one of delivered|seen")]
    [InlineData("Concurrency", "0", "0 is out of range, which is 1 to 100")]
    public void A_wrong_value_is_told_why(string key, string value, string why)
    {
        var settings = new Dictionary<string, string>
        {
            ["Belfry__Webhooks__mail__Url"] = "https://example.com",
            ["Belfry__Webhooks__mail__Secret"] = Secret,
            [$"Belfry__Webhooks__mail__{key}"] = value,
        };

        var error = Assert.Single(Check([.. settings.Select(s => (s.Key, s.Value))]));

        Assert.StartsWith("Belfry__Webhooks__mail__" + key.Split("__")[0], error, StringComparison.Ordinal);
        Assert.Contains(why, error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_command_shows_each_endpoint_without_its_secrets_and_what_one_looks_like_when_there_is_none()
    {
        var environment = new Dictionary<string, string?>
        {
            ["Belfry__Webhooks__mail__Url"] = "https://example.com/hooks",
            ["Belfry__Webhooks__mail__Secret"] = Secret,
        };
        var some = await CommandRun.OfAsync(_folder, environment, "config");
        var none = await CommandRun.OfAsync("config");

        Assert.Contains("Belfry__Webhooks__mail__Url", some.Output, StringComparison.Ordinal);
        Assert.Contains("https://example.com/hooks", some.Output, StringComparison.Ordinal);
        Assert.DoesNotContain(Secret, some.Output, StringComparison.Ordinal);
        Assert.Contains("Belfry__Webhooks__<name>__Concurrency", none.Output, StringComparison.Ordinal);
    }

    private ConfigurationManager Configure(params (string Key, string Value)[] environment)
    {
        var configuration = new ConfigurationManager();
        configuration.AddSources(new HostArguments
        {
            WorkingFolder = _folder.Path,
            Environment = environment.ToDictionary(e => e.Key, e => (string?)e.Value),
        });
        return configuration;
    }

    private List<string> Check(params (string Key, string Value)[] environment) =>
        [.. SettingsCatalog.Of(_services).Check(Configure(environment)).Select(e => e.ToString())];
}
