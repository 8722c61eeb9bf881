using System.Net;
using System.Text.Json;

namespace Belfry.Tests.Hosting;

/// <summary>Throw-away keys.</summary>
public sealed class DevModeTests
{
    [Fact]
    public async Task Keys_are_made_once_and_only_this_account_can_read_them()
    {
        using var folder = new TemporaryFolder();
        var path = Path.Combine(folder.Path, "keys.json");

        await using (await RunningServer.StartAsync(dev: true, ("Belfry__DataFolder", folder.Path)))
        {
        }

        var first = await File.ReadAllTextAsync(path, TestContext.Current.CancellationToken);
        await using (await RunningServer.StartAsync(dev: true, ("Belfry__DataFolder", folder.Path)))
        {
        }

        Assert.Equal(first, await File.ReadAllTextAsync(path, TestContext.Current.CancellationToken));
        if (!OperatingSystem.IsWindows()) Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(path));
    }

    [Fact]
    public async Task It_is_said_loudly_with_lines_to_paste_and_no_secret_in_the_log()
    {
        using var folder = new TemporaryFolder();
        await using var server = await RunningServer.StartAsync(dev: true, ("Belfry__DataFolder", folder.Path));
        var keys = JsonDocument.Parse(await File.ReadAllTextAsync(Path.Combine(folder.Path, "keys.json"), TestContext.Current.CancellationToken));

        Assert.Contains(server.Log.Lines, l => l.StartsWith("Warning", StringComparison.Ordinal) && l.Contains("DEVELOPMENT MODE", StringComparison.Ordinal));
        var curl = Assert.Single(server.Log.Lines, l => l.Contains("curl -N", StringComparison.Ordinal));
        Assert.Contains($"{server.Public.BaseAddress}v1/stream", curl, StringComparison.Ordinal);
        foreach (var key in keys.RootElement.EnumerateObject())
        {
            Assert.DoesNotContain(server.Log.Lines, l => l.Contains(key.Value.GetString()!, StringComparison.Ordinal));
        }
    }

    [Fact]
    public async Task The_header_files_of_those_lines_let_in()
    {
        using var folder = new TemporaryFolder();
        await using var server = await RunningServer.StartAsync(dev: true, ("Belfry__DataFolder", folder.Path));

        var user = await server.Public.SendAsync(HttpMethod.Get, "/probe/user", Header("user-1.header"));
        var publisher = await server.Public.SendAsync(HttpMethod.Post, "/probe/publish", Header("publish.header"));

        Assert.Equal("user-1", await user.TextAsync());
        Assert.Equal("dev", await publisher.TextAsync());

        (string, string) Header(string name)
        {
            var parts = File.ReadAllText(Path.Combine(folder.Path, name)).Split(": ", 2);
            return (parts[0], parts[1].Trim());
        }
    }

    [Fact]
    public async Task What_is_configured_is_kept()
    {
        await using var server = await RunningServer.StartAsync(dev: true, ("Belfry__Auth__Secret", RunningServer.Secret));

        var answer = await server.Public.GetWithTokenAsync("/probe/user", TestTokens.Of("user-1"));

        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
    }

    [Fact]
    public async Task No_secret_reaches_the_log_of_a_server_either()
    {
        await using var server = await RunningServer.StartAsync();
        await server.Public.GetWithTokenAsync("/probe/user", TestTokens.Of("user-1"));
        await server.Public.SendAsync(HttpMethod.Post, "/probe/publish", ("X-API-Key", RunningServer.ApiKey));
        var token = TestTokens.Of("user-1", "another-secret-of-thirty-two-bytes!!");
        await server.Public.GetWithTokenAsync("/probe/user", token);

        foreach (var secret in new[] { RunningServer.Secret, RunningServer.ApiKey, "hidden-password", token.Split('.')[2] })
        {
            Assert.DoesNotContain(server.Log.Lines, l => l.Contains(secret, StringComparison.Ordinal));
        }
    }
}
