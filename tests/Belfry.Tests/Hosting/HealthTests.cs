using System.Net;
using Belfry.Settings;

namespace Belfry.Tests.Hosting;

/// <summary>What <c>/readyz</c> says, and when.</summary>
public sealed class HealthTests
{
    [Fact]
    public async Task It_is_ready_when_every_part_is()
    {
        await using var server = await RunningServer.StartAsync();
        var readiness = server.Services.GetRequiredService<Readiness>();
        foreach (var part in readiness.Parts.Keys) readiness.Report(part, true, null);

        var answer = await server.Public.SendAsync(HttpMethod.Get, "/readyz");

        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        Assert.Equal("ready", (await answer.JsonAsync()).GetProperty("status").GetString());
    }

    [Fact]
    public async Task A_part_that_is_not_ready_is_named_and_only_operators_read_why()
    {
        await using var server = await RunningServer.StartAsync();
        server.Services.GetRequiredService<Readiness>().Report("kafka", false, "no broker at 10.1.2.3");

        var told = await server.Public.SendAsync(HttpMethod.Get, "/readyz");
        var shown = await server.Admin.SendAsync(HttpMethod.Get, "/readyz");

        Assert.Equal(HttpStatusCode.ServiceUnavailable, told.StatusCode);
        Assert.False((await told.JsonAsync()).GetProperty("checks").GetProperty("kafka").GetProperty("ready").GetBoolean());
        Assert.DoesNotContain("10.1.2.3", await told.TextAsync(), StringComparison.Ordinal);
        Assert.Contains("10.1.2.3", await shown.TextAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task It_starts_and_says_not_ready_while_the_store_is_away()
    {
        await using var server = await RunningServer.StartAsync();

        var answer = await server.Public.SendAsync(HttpMethod.Get, "/readyz");

        Assert.Equal(HttpStatusCode.ServiceUnavailable, answer.StatusCode);
        Assert.False((await answer.JsonAsync()).GetProperty("checks").GetProperty("store").GetProperty("ready").GetBoolean());
    }

    [Fact]
    public async Task The_shutdown_is_signalled_first_and_requests_in_flight_still_finish()
    {
        await using var server = await RunningServer.StartAsync();
        var draining = server.Services.GetRequiredService<Draining>();
        var readiness = server.Services.GetRequiredService<Readiness>();
        foreach (var part in readiness.Parts.Keys) readiness.Report(part, true, null);

        // While this body is on its way, its request is in flight.
        var released = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var upload = server.Public.PostAsync("/probe/body", new HeldContent(released.Task), TestContext.Current.CancellationToken);
        await server.BodyBegun.WaitAsync(TimeSpan.FromSeconds(10), TestContext.Current.CancellationToken);

        var signalled = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        draining.Started.Register(signalled.SetResult);
        var stop = server.StopAsync();
        await signalled.Task.WaitAsync(TimeSpan.FromSeconds(10), TestContext.Current.CancellationToken);

        Assert.False(readiness.IsReady);
        Assert.False(stop.IsCompleted);
        released.SetResult();
        Assert.Equal(HttpStatusCode.OK, (await upload).StatusCode);
        await stop;
    }

    /// <summary>A body that begins and then waits.</summary>
    private sealed class HeldContent(Task released) : HttpContent
    {
        protected override async Task SerializeToStreamAsync(Stream stream, TransportContext? context)
        {
            await stream.WriteAsync("begin"u8.ToArray());
            await stream.FlushAsync();
            await released;
        }

        protected override bool TryComputeLength(out long length)
        {
            length = 0;
            return false;
        }
    }
}
