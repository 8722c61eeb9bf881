using System.Net;
using Belfry.Contracts;

namespace Belfry.Tests.Hosting;

/// <summary>Every error is a problem, whatever the client says it accepts.</summary>
public sealed class ProblemTests
{
    [Fact]
    public async Task An_unknown_path_and_a_wrong_method_are_problems_even_for_an_event_source()
    {
        await using var server = await RunningServer.StartAsync();

        var unknown = await server.Public.SendAsync(HttpMethod.Get, "/nothing", ("Accept", "text/event-stream"));
        var method = await server.Public.SendAsync(HttpMethod.Delete, "/probe/user", ("Accept", "text/event-stream"));

        await unknown.ProblemAsync(HttpStatusCode.NotFound, ProblemTypes.NotFound);
        await method.ProblemAsync(HttpStatusCode.MethodNotAllowed, ProblemTypes.NotFound);
        Assert.Contains("GET", method.Content.Headers.Allow);
    }

    [Fact]
    public async Task A_failure_is_told_to_the_log_and_not_to_the_caller()
    {
        await using var server = await RunningServer.StartAsync();

        var answer = await server.Public.SendAsync(HttpMethod.Get, "/probe/fails");

        Assert.Null(await answer.ProblemAsync(HttpStatusCode.InternalServerError, ProblemTypes.Internal));
        Assert.DoesNotContain("inner detail", await answer.TextAsync(), StringComparison.Ordinal);
        Assert.Contains(server.Log.Lines, line => line.Contains("inner detail", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_body_over_one_mebibyte_is_too_large(bool chunked)
    {
        await using var server = await RunningServer.StartAsync();
        var request = new HttpRequestMessage(HttpMethod.Post, "/probe/body") { Content = new ByteArrayContent(new byte[1024 * 1024 + 1]) };
        request.Headers.TransferEncodingChunked = chunked;

        var answer = await server.Public.SendAsync(request, TestContext.Current.CancellationToken);

        await answer.ProblemAsync(HttpStatusCode.RequestEntityTooLarge, ProblemTypes.TooLarge);
    }

    [Fact]
    public async Task The_server_does_not_say_what_it_is_made_of()
    {
        await using var server = await RunningServer.StartAsync();

        Assert.False((await server.Public.SendAsync(HttpMethod.Get, "/livez")).Headers.Contains("Server"));
    }
}
