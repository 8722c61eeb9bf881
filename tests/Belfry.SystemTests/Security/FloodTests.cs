using System.Net.Http.Headers;
using Belfry.Contracts;
using Belfry.Servers;
using Belfry.SystemTests.Running;
using Xunit;

namespace Belfry.SystemTests.Security;

/// <summary>More connections than anybody needs, of one who wants the server to have none left for others.</summary>
public sealed class FloodTests
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(60);

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Ten_thousand_idle_and_unfinished_connections_keep_nobody_out()
    {
        const int Connections = 10_000;
        await using var service = await Service.StartAsync(postgres: null, Cancelled);
        await using var stream = service.Open("user-1");
        await stream.NextAsync(StreamEvents.CaughtUp);
        var before = service.Process.ReadUsage().ResidentBytes;
        var open = new List<RawConnection>(Connections);
        try
        {
            for (var i = 0; i < Connections; i++)
            {
                open.Add(await RawConnection.OpenAsync(service.Process.Url, Cancelled));
                if (i % 2 == 0) await open[i].SendAsync("GET /livez HTTP/1.1\r\nHost: a\r\n", Cancelled);
            }

            await service.PublishAsync([Service.Event("user-1", "while they are there")], Cancelled);
            Assert.Equal("while they are there", (await stream.TakeAsync(1)).Single().Id);
            Assert.InRange(service.Process.ReadUsage().ResidentBytes - before, long.MinValue, 400L * 1024 * 1024);

            // What they have begun ends by itself.
            await open[0].ReadToEndAsync(Limit, Cancelled);
            await open[^2].ReadToEndAsync(Limit, Cancelled);
        }
        finally
        {
            foreach (var connection in open) await connection.DisposeAsync();
        }

        await service.PublishAsync([Service.Event("user-1", "afterwards")], Cancelled);
        Assert.Equal("afterwards", (await stream.TakeAsync(1)).Single().Id);
    }

    [Fact]
    public async Task Beyond_its_limit_of_connections_the_server_closes_new_ones_and_keeps_those_it_has()
    {
        await using var service = await Service.StartAsync(postgres: null, Cancelled, ("Belfry__Http__Connections", "30"));
        await using var stream = service.Open("user-1");
        await stream.NextAsync(StreamEvents.CaughtUp);
        var open = new List<RawConnection>();
        for (var i = 0; i < 60; i++) open.Add(await RawConnection.OpenAsync(service.Process.Url, Cancelled));

        // The first to find the door closed.
        await open[^1].ReadToEndAsync(Limit, Cancelled);
        using (var http = new HttpClient()) Assert.Equal("ok", await http.GetStringAsync(new Uri(service.Process.AdminUrl, "/livez"), Cancelled));
        foreach (var connection in open) await connection.DisposeAsync();

        await service.PublishAsync([Service.Event("user-1", "afterwards")], Cancelled);
        Assert.Equal("afterwards", (await stream.TakeAsync(1)).Single().Id);
        Assert.Equal(1, stream.Connects);
    }

    [Fact]
    public async Task One_address_behind_a_trusted_proxy_has_as_many_streams_as_it_may()
    {
        await using var service = await Service.StartAsync(
            postgres: null, Cancelled, ("Belfry__Streaming__ConnectionsPerAddress", "2"), ("Belfry__Http__TrustedProxies__0", "127.0.0.1"));
        using var http = new HttpClient { Timeout = Limit };

        // What stands before the address that the proxy has seen is anybody's word.
        foreach (var addresses in (string[][])
        [
            ["203.0.113.9", "1.2.3.4, 203.0.113.9", "::ffff:203.0.113.9", "203.0.113.10"],
            ["2001:db8::1", "2001:db8::ffff:2", "2001:db8::3", "2001:db8:0:1::1"],
        ])
        {
            using var first = await OpenAsync(http, service, "user-1", addresses[0]);
            using var second = await OpenAsync(http, service, "user-2", addresses[1]);
            using var third = await OpenAsync(http, service, "user-3", addresses[2]);
            using var elsewhere = await OpenAsync(http, service, "user-4", addresses[3]);

            Assert.Equal([200, 200, 429, 200], new[] { first, second, third, elsewhere }.Select(answer => (int)answer.StatusCode));
            Assert.NotNull(third.Headers.RetryAfter);
            Assert.Contains("urn:belfry:problem:", await third.Content.ReadAsStringAsync(Cancelled), StringComparison.Ordinal);

            // A place that is left can be taken.
            first.Dispose();
            await Eventually.HoldsAsync("there is room again", async ct => (await OpenAsync(http, service, "user-3", addresses[0])).IsSuccessStatusCode, Limit, Cancelled);
        }
    }

    [Fact]
    public async Task Without_a_trusted_proxy_nobody_says_where_he_is()
    {
        await using var service = await Service.StartAsync(postgres: null, Cancelled, ("Belfry__Streaming__ConnectionsPerAddress", "1"));
        using var http = new HttpClient { Timeout = Limit };

        // Both are on loopback, whatever they say, and that never counts.
        using var first = await OpenAsync(http, service, "user-1", "203.0.113.9");
        using var second = await OpenAsync(http, service, "user-2", "203.0.113.9");

        Assert.Equal([200, 200], new[] { first, second }.Select(answer => (int)answer.StatusCode));
    }

    private static async Task<HttpResponseMessage> OpenAsync(HttpClient http, Service service, string user, string address)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, new Uri(service.Process.Url, "/v1/stream"));
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", Service.TokenFor(user));
        request.Headers.Add("X-Forwarded-For", address);
        request.Headers.Add("X-Belfry-Client", "tests/1");
        return await http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, Cancelled);
    }
}
