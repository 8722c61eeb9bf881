using Belfry.Contracts;
using Belfry.Servers;
using Belfry.SystemTests.Running;
using Xunit;

namespace Belfry.SystemTests.Streams;

/// <summary><c>POST /v1/stream/ack</c>, as a client sees it.</summary>
public sealed class AcknowledgementTests(SharedPostgres shared)
{
    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Fact]
    public async Task What_was_acknowledged_is_behind_a_client_without_a_cursor()
    {
        await using var service = await StartAsync();
        var epoch = await PublishAsync(service, "a", "b", "c");

        Assert.Equal((204, null), await service.AcknowledgeAsync("user-1", $$"""{"cursor":"{{epoch}}-2"}"""));
        // An older one, late, changes nothing.
        Assert.Equal((204, null), await service.AcknowledgeAsync("user-1", $$"""{"cursor":"{{epoch}}-1"}"""));

        await using var client = service.Open("user-1");
        Assert.Equal(["c"], (await client.TakeAsync(1)).Select(n => n.Id));
    }

    [Theory]
    [InlineData("""{"cursor":"other-1"}""", 409, ProblemTypes.Conflict)]
    [InlineData("""{"cursor":"EPOCH-2"}""", 409, ProblemTypes.Conflict)]
    [InlineData("""{"cursor":"EPOCH-01"}""", 400, ProblemTypes.InvalidField)]
    [InlineData("""{"cursor":null}""", 400, ProblemTypes.InvalidField)]
    [InlineData("{}", 400, ProblemTypes.InvalidField)]
    [InlineData("null", 400, ProblemTypes.InvalidField)]
    [InlineData("""{"cursor":7}""", 400, ProblemTypes.Malformed)]
    [InlineData("EPOCH-1", 400, ProblemTypes.Malformed)]
    [InlineData("", 400, ProblemTypes.Malformed)]
    public async Task What_cannot_be_acknowledged_is_a_problem_and_moves_nothing(string body, int status, string type)
    {
        await using var service = await StartAsync();
        var epoch = await PublishAsync(service, "a");

        Assert.Equal((status, type), await service.AcknowledgeAsync("user-1", body.Replace("EPOCH", epoch, StringComparison.Ordinal)));

        await using var client = service.Open("user-1");
        Assert.Equal(["a"], (await client.TakeAsync(1)).Select(n => n.Id));
    }

    [Fact]
    public async Task A_stream_that_acknowledges_is_delivered_only_by_its_acknowledgements()
    {
        await using var service = await StartAsync(("Belfry__Streaming__DeliveredAfter", "1s"));
        await using var acknowledging = service.Open("user-1", "?ack=1");
        await acknowledging.NextAsync(StreamEvents.CaughtUp);
        await PublishAsync(service, "a", "b");
        await acknowledging.TakeAsync(2);
        // Somebody else's write, of the same moment, tells when these would have counted.
        await using var other = service.Open("user-2");
        await other.NextAsync(StreamEvents.CaughtUp);
        await service.PublishAsync([Service.Event("user-2", "x")], Cancelled);
        await other.TakeAsync(1);
        await Eventually.HoldsAsync(
            "a write has counted", async _ => (await StartOfAsync(service, "user-2")).EndsWith("-1", StringComparison.Ordinal), TimeSpan.FromSeconds(30), Cancelled);

        Assert.EndsWith("-0", await StartOfAsync(service, "user-1"), StringComparison.Ordinal);
        await service.AcknowledgeAsync("user-1", $$"""{"cursor":"{{acknowledging.Cursor}}"}""");
        Assert.EndsWith("-2", await StartOfAsync(service, "user-1"), StringComparison.Ordinal);
    }

    /// <summary>Where a client without a cursor begins; one that shows a part only, so that it moves nothing itself.</summary>
    private static async Task<string> StartOfAsync(Service service, string user)
    {
        await using var client = service.Open(user, "?types=none", reconnect: false);
        return (await client.NextAsync()).Id!;
    }

    private static async Task<string> PublishAsync(Service service, params string[] ids)
    {
        await service.PublishAsync([.. ids.Select(id => Service.Event("user-1", id))], Cancelled);
        return (await StartOfAsync(service, "user-1")).Split('-')[0];
    }

    private async Task<Service> StartAsync(params (string Name, string Value)[] settings) =>
        await Service.StartAsync(await shared.CreateDatabaseAsync(Cancelled), Cancelled, settings);
}
