using System.Net;
using Belfry.Contracts;

namespace Belfry.Tests.Hosting;

public sealed class TelemetryTests
{
    [Fact]
    public async Task Metrics_of_ours_the_runtime_and_the_server_are_on_the_admin_listener()
    {
        await using var server = await RunningServer.StartAsync();
        await server.Public.SendAsync(HttpMethod.Get, "/probe/caller");

        var metrics = await (await server.Admin.SendAsync(HttpMethod.Get, "/metrics")).TextAsync();

        foreach (var name in new[] { "belfry_mailboxes_queue_items", "dotnet_process_memory_working_set_bytes", "kestrel_active_connections", "http_server_request_duration_seconds", "process_uptime_seconds" })
        {
            Assert.Contains(name, metrics, StringComparison.Ordinal);
        }

        Assert.DoesNotContain("hidden-password", metrics, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_profile_of_the_live_process_opens_in_speedscope()
    {
        await using var server = await RunningServer.StartAsync();

        var answer = await server.Admin.SendAsync(HttpMethod.Get, "/debug/profile?seconds=1");
        var profile = await answer.JsonAsync();

        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        Assert.EndsWith(".speedscope.json", answer.Content.Headers.ContentDisposition!.FileName!.Trim('"'), StringComparison.Ordinal);
        Assert.Contains("speedscope", profile.GetProperty("$schema").GetString(), StringComparison.Ordinal);
        Assert.Contains(
            profile.GetProperty("shared").GetProperty("frames").EnumerateArray(),
            frame => frame.GetProperty("name").GetString()!.Contains("Belfry.Tests!", StringComparison.OrdinalIgnoreCase)
                || frame.GetProperty("name").GetString()!.Contains("System.Private.CoreLib!", StringComparison.Ordinal));
        Assert.NotEmpty(profile.GetProperty("profiles").EnumerateArray());
        Assert.Empty(server.DataFolders("profile-*"));
    }

    [Fact]
    public async Task There_is_one_profile_at_a_time()
    {
        await using var server = await RunningServer.StartAsync();
        using var leaves = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        var first = server.Admin.GetAsync("/debug/profile?seconds=120", leaves.Token);
        while (server.DataFolders("profile-*").Length == 0) await Task.Yield();

        await (await server.Admin.SendAsync(HttpMethod.Get, "/debug/profile?seconds=1")).ProblemAsync(HttpStatusCode.Conflict, ProblemTypes.Conflict);

        // Who no longer waits for a profile ends it.
        await leaves.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => first);
        HttpResponseMessage next;
        do next = await server.Admin.SendAsync(HttpMethod.Get, "/debug/profile?seconds=1");
        while (next.StatusCode == HttpStatusCode.Conflict);
        Assert.Equal(HttpStatusCode.OK, next.StatusCode);
    }

    [Theory]
    [InlineData("0")]
    [InlineData("121")]
    [InlineData("soon")]
    public async Task A_profile_has_1_to_120_seconds(string seconds)
    {
        await using var server = await RunningServer.StartAsync();

        await (await server.Admin.SendAsync(HttpMethod.Get, $"/debug/profile?seconds={seconds}")).ProblemAsync(HttpStatusCode.BadRequest, ProblemTypes.InvalidField);
    }
}
