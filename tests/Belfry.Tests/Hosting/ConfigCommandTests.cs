using System.Text.Json;

namespace Belfry.Tests.Hosting;

public sealed class ConfigCommandTests
{
    private static readonly Dictionary<string, string?> Environment = new()
    {
        ["Belfry__Auth__Secret"] = RunningServer.Secret,
        ["Belfry__Auth__ApiKeys__web"] = "sha256:" + new string('a', 64),
        ["ConnectionStrings__Postgres"] = "Host=db.internal;Username=belfry;Password=hidden-password",
        ["Belfry__Shutdown__Grace"] = "20s",
    };

    [Fact]
    public async Task It_prints_every_setting_with_value_default_unit_and_effect()
    {
        using var folder = new TemporaryFolder();

        var run = await CommandRun.OfAsync(folder, Environment, "config");

        Assert.Equal(0, run.ExitCode);
        var line = Assert.Single(run.Output.Split('\n'), l => l.StartsWith("Belfry__Shutdown__Grace", StringComparison.Ordinal));
        Assert.Equal(["Belfry__Shutdown__Grace", "20s", "*", "10s", "duration,", "1s", "to", "5m"], line.Split(' ', StringSplitOptions.RemoveEmptyEntries));
        Assert.Contains("How long a shutdown may take", run.Output, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("config")]
    [InlineData("config --json")]
    public async Task It_shows_that_secrets_are_set_and_nothing_of_them(string line)
    {
        using var folder = new TemporaryFolder();

        var run = await CommandRun.OfAsync(folder, Environment, line.Split(' '));

        Assert.DoesNotContain(RunningServer.Secret, run.Output, StringComparison.Ordinal);
        Assert.DoesNotContain("hidden-password", run.Output, StringComparison.Ordinal);
        Assert.DoesNotContain("aaaaaaaa", run.Output, StringComparison.Ordinal);
        Assert.Contains("web=***", run.Output, StringComparison.Ordinal);
        Assert.Contains("db.internal", run.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task As_json_each_setting_says_where_its_value_comes_from()
    {
        using var folder = new TemporaryFolder();
        folder.Write("appsettings.json", """{ "Belfry": { "Logging": { "Format": "json" } } }""");

        var run = await CommandRun.OfAsync(folder, Environment, "config", "--json");
        var settings = JsonDocument.Parse(run.Output).RootElement.EnumerateArray().ToDictionary(s => s.GetProperty("name").GetString()!);

        Assert.Equal("appsettings.json", settings["Belfry__Logging__Format"].GetProperty("from").GetString());
        Assert.Equal("the environment", settings["Belfry__Shutdown__Grace"].GetProperty("from").GetString());
        Assert.Equal("default", settings["Belfry__Admin__Urls"].GetProperty("from").GetString());
        Assert.Equal("http://127.0.0.1:6060", settings["Belfry__Admin__Urls"].GetProperty("value").GetString());
        Assert.All(settings.Values, s => Assert.NotEqual("", s.GetProperty("effect").GetString()));
    }

    [Fact]
    public async Task It_says_what_is_wrong_beside_the_table()
    {
        using var folder = new TemporaryFolder();

        var run = await CommandRun.OfAsync(folder, new Dictionary<string, string?> { ["Belfry__Shutdown__Grace"] = "soon" }, "config");

        Assert.Equal(2, run.ExitCode);
        Assert.Contains("Belfry__Shutdown__Grace", run.Output, StringComparison.Ordinal);
        Assert.Contains("'soon' is not a duration", run.Error, StringComparison.Ordinal);
    }
}
