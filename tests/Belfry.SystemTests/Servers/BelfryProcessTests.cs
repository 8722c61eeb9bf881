using System.Net;
using Belfry.Servers;
using Xunit;

namespace Belfry.SystemTests.Servers;

public sealed class BelfryProcessTests(SharedPostgres shared)
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);
    private static readonly BelfryProgram Development = BelfryProgram.Service with { Arguments = ["serve", "--dev"] };

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_server_that_was_killed_starts_again_on_its_port()
    {
        await using var server = await StartAsync();
        var (url, pid) = (server.Url, server.Pid);

        await server.KillAsync();
        await Assert.ThrowsAsync<HttpRequestException>(() => GetAsync(server.Url));
        await server.StartAgainAsync(ct: Cancelled);

        Assert.Equal(url, server.Url);
        Assert.NotEqual(pid, server.Pid);
        Assert.Equal(HttpStatusCode.OK, await GetAsync(server.Url));
        Assert.Equal(HttpStatusCode.OK, await GetAsync(server.AdminUrl));
    }

    [Fact]
    public async Task A_server_that_is_told_to_go_ends_in_good_order()
    {
        await using var server = await StartAsync();

        var end = await server.TerminateAsync(Patience, Cancelled);

        Assert.Equal(0, end.ExitCode);
        Assert.True(end.Duration < TimeSpan.FromSeconds(10), $"It took {end.Duration}.");
    }

    [Fact]
    public async Task A_server_that_refuses_its_settings_says_why()
    {
        var failure = await Assert.ThrowsAsync<ServerFailedException>(() =>
            BelfryProcess.StartAsync(BelfryProgram.Service, new Dictionary<string, string> { ["Belfry__No__Such"] = "1" }, ct: Cancelled));

        Assert.Contains("No__Such", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_command_tells_its_output_and_its_exit_code()
    {
        var none = new Dictionary<string, string>();

        var help = await BelfryCommand.RunAsync(["serve", "--help"], none, ct: Cancelled);
        var wrong = await BelfryCommand.RunAsync(["serve", "--no-such-option"], none, ct: Cancelled);

        Assert.Equal(0, help.ExitCode);
        Assert.Contains("--admin-urls", help.Output, StringComparison.Ordinal);
        Assert.Equal(2, wrong.ExitCode);
        Assert.Contains("--no-such-option", wrong.Errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Its_usage_is_counted()
    {
        await using var server = await StartAsync();

        var usage = server.ReadUsage();

        Assert.True(usage.Cpu > TimeSpan.Zero);
        Assert.True(usage.ResidentBytes > 1024 * 1024);
        Assert.InRange(usage.ProportionalBytes, 1, usage.ResidentBytes);
    }

    private async Task<BelfryProcess> StartAsync()
    {
        var settings = new Dictionary<string, string> { ["ConnectionStrings__Postgres"] = await shared.CreateDatabaseAsync(Cancelled) };
        return await BelfryProcess.StartAsync(Development, settings, ct: Cancelled);
    }

    private static async Task<HttpStatusCode> GetAsync(Uri url)
    {
        using var client = new HttpClient { Timeout = Patience };
        using var answer = await client.GetAsync(new Uri(url, BelfryProcess.Live), Cancelled);
        return answer.StatusCode;
    }
}
