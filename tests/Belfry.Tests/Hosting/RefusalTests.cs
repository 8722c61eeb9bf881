namespace Belfry.Tests.Hosting;

/// <summary>When <c>serve</c> does not start.</summary>
public sealed class RefusalTests
{
    [Fact]
    public async Task Without_any_auth_setting_it_says_what_to_set()
    {
        var run = await CommandRun.OfAsync("serve");

        Assert.Equal(2, run.ExitCode);
        Assert.Contains("export Belfry__Auth__Secret=", run.Error, StringComparison.Ordinal);
        Assert.Contains("Belfry__Auth__ApiKeys__", run.Error, StringComparison.Ordinal);
        Assert.Contains("--dev", run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Everything_that_is_wrong_is_said_at_once_and_no_secret_is_repeated()
    {
        using var folder = new TemporaryFolder();
        var run = await CommandRun.OfAsync(
            folder,
            new Dictionary<string, string?>
            {
                ["Belfry__Auth__Secret"] = "too-short-a-secret",
                ["Belfry__Auth__ApiKeys__web"] = "the-key-itself",
                ["Belfry__Shutdown__Grace"] = "1000",
                ["Belfry__Http__Urls"] = "127.0.0.1:80",
                ["Belfry__Http__CorsOrigins__0"] = "*",
                ["Belfry__Http__TrustedProxies__0"] = "proxy",
                ["Belfry__Admin__Ulrs"] = "http://127.0.0.1:6060",
            },
            "serve");

        Assert.Equal(2, run.ExitCode);
        foreach (var key in new[] { "Auth__Secret", "Auth__ApiKeys__web", "Shutdown__Grace", "Http__Urls", "Http__CorsOrigins__0", "Http__TrustedProxies__0" })
        {
            Assert.Contains($"Belfry__{key}: ", run.Error, StringComparison.Ordinal);
        }

        Assert.Contains("did you mean Belfry__Admin__Urls?", run.Error, StringComparison.Ordinal);
        Assert.DoesNotContain("too-short-a-secret", run.Error, StringComparison.Ordinal);
        Assert.DoesNotContain("the-key-itself", run.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("Belfry__Auth__Authority=https://id.example.com", "Audience")]
    [InlineData("Belfry__Auth__Authority=http://id.example.com;Belfry__Auth__Audience=a", "https")]
    [InlineData("Belfry__Auth__Authority=https://id.example.com;Belfry__Auth__Audience=a;Belfry__Auth__Secret=0123456789012345678901234567890123456789", "beside Secret")]
    [InlineData("Belfry__Auth__PreviousSecret=0123456789012345678901234567890123456789", "without Secret")]
    public async Task Auth_settings_that_do_not_go_together_are_refused(string settings, string says)
    {
        using var folder = new TemporaryFolder();

        var run = await CommandRun.OfAsync(folder, settings.Split(';').Select(s => s.Split('=', 2)).ToDictionary(s => s[0], s => (string?)s[1]), "serve");

        Assert.Equal(2, run.ExitCode);
        Assert.Contains(says, run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_settings_file_that_is_not_json_is_named()
    {
        using var folder = new TemporaryFolder();
        folder.Write("appsettings.json", "{ nonsense");

        var run = await CommandRun.OfAsync(folder, new Dictionary<string, string?>(), "serve");

        Assert.Equal(2, run.ExitCode);
        Assert.Contains("appsettings.json", run.Error, StringComparison.Ordinal);
    }
}
