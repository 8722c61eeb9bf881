using System.Net;
using System.Text.Json;

namespace Belfry.Tests.Hosting;

public sealed class TokenCommandTests
{
    private static readonly Dictionary<string, string?> WithSecret = new() { ["Belfry__Auth__Secret"] = RunningServer.Secret };

    [Fact]
    public async Task Its_token_opens_a_server_with_the_same_settings()
    {
        using var folder = new TemporaryFolder();
        await using var server = await RunningServer.StartAsync(("Belfry__Auth__Issuer", "shop"), ("Belfry__Auth__Audience", "belfry"));
        var environment = new Dictionary<string, string?>(WithSecret) { ["Belfry__Auth__Issuer"] = "shop", ["Belfry__Auth__Audience"] = "belfry" };

        var run = await CommandRun.OfAsync(folder, environment, "token", "--sub", "user-1", "--expires", "5m");
        var answer = await server.Public.GetWithTokenAsync("/probe/user", run.Output.Trim());

        Assert.Equal("user-1", await answer.TextAsync());
    }

    [Fact]
    public async Task Many_tokens_stand_one_on_a_line()
    {
        using var folder = new TemporaryFolder();

        var run = await CommandRun.OfAsync(folder, WithSecret, "token", "--count", "3", "--prefix", "u", "--json");
        var lines = run.Output.Trim().Split(Environment.NewLine);

        Assert.Equal(["u0", "u1", "u2"], lines.Select(l => JsonDocument.Parse(l).RootElement.GetProperty("sub").GetString()));
    }

    [Fact]
    public async Task A_key_comes_with_the_setting_that_lets_it_in()
    {
        var run = await CommandRun.OfAsync("token", "--api-key", "--name", "jobs");
        var lines = run.Output.Split(Environment.NewLine, StringSplitOptions.RemoveEmptyEntries).Select(l => l.Split(' ', StringSplitOptions.RemoveEmptyEntries)[1]).ToList();
        var setting = lines[1].Split('=');
        await using var server = await RunningServer.StartAsync((setting[0], setting[1]));

        var answer = await server.Public.SendAsync(HttpMethod.Post, "/probe/publish", ("X-API-Key", lines[0]));

        Assert.Equal("jobs", await answer.TextAsync());
    }

    [Fact]
    public async Task Without_a_secret_it_says_what_to_set()
    {
        var run = await CommandRun.OfAsync("token", "--sub", "user-1");

        Assert.Equal(2, run.ExitCode);
        Assert.Contains("Belfry__Auth__Secret", run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task With_dev_it_signs_as_the_server_of_the_same_folder_checks()
    {
        using var folder = new TemporaryFolder();
        await using var server = await RunningServer.StartAsync(dev: true, ("Belfry__DataFolder", folder.Path));

        var token = await CommandRun.OfAsync(folder, new Dictionary<string, string?>(), "token", "--sub", "user-1", "--dev");
        var key = await CommandRun.OfAsync(folder, new Dictionary<string, string?>(), "token", "--api-key", "--dev", "--json");
        var streamed = await server.Public.GetWithTokenAsync("/probe/user", token.Output.Trim());
        var published = await server.Public.SendAsync(
            HttpMethod.Post, "/probe/publish", ("X-API-Key", JsonDocument.Parse(key.Output).RootElement.GetProperty("key").GetString()!));

        Assert.Equal(HttpStatusCode.OK, streamed.StatusCode);
        Assert.Equal("dev", await published.TextAsync());
    }
}
