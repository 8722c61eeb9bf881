using System.IO.Compression;
using System.Net;
using System.Net.Http.Json;
using Belfry.Contracts;
using Belfry.SystemTests.Running;
using Belfry.SystemTests.Streams;
using Xunit;

namespace Belfry.SystemTests.Inbox;

/// <summary>What is compressed, and what never is.</summary>
public sealed class CompressionTests(SharedPostgres shared)
{
    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("gzip")]
    [InlineData("br")]
    public async Task A_page_is_the_same_compressed_and_not(string encoding)
    {
        await using var service = await StartAsync();
        using var client = new InboxClient(service, "user-1");
        await service.PublishAsync([.. Enumerable.Range(0, 30).Select(_ => Service.Event("user-1"))], Cancelled);

        using var plain = await client.SendAsync(HttpMethod.Get, "/v1/inbox");
        using var packed = await client.SendAsync(HttpMethod.Get, "/v1/inbox", null, ("Accept-Encoding", encoding));

        var bytes = await packed.Content.ReadAsByteArrayAsync(Cancelled);
        var expected = await plain.Content.ReadAsStringAsync(Cancelled);
        Assert.Empty(plain.Content.Headers.ContentEncoding);
        Assert.Equal([encoding], packed.Content.Headers.ContentEncoding);
        Assert.Equal(expected, await UnpackAsync(bytes, encoding));
        Assert.True(bytes.Length < expected.Length / 2, $"{bytes.Length} of {expected.Length} bytes.");
        Assert.All([plain, packed], answer => Assert.Single(answer.Headers.Vary, "Accept-Encoding"));
        Assert.True(packed.Headers.ETag!.IsWeak);
        Assert.Equal(plain.Headers.ETag, packed.Headers.ETag);
    }

    [Fact]
    public async Task A_page_that_is_known_is_not_sent_again_in_whichever_encoding()
    {
        await using var service = await StartAsync();
        using var client = new InboxClient(service, "user-1");
        using var packed = await client.SendAsync(HttpMethod.Get, "/v1/inbox", null, ("Accept-Encoding", "gzip"));
        var tag = ("If-None-Match", packed.Headers.ETag!.ToString());

        using var same = await client.SendAsync(HttpMethod.Get, "/v1/inbox", null, ("Accept-Encoding", "gzip"), tag);
        using var plain = await client.SendAsync(HttpMethod.Get, "/v1/inbox", null, tag);

        foreach (var answer in (HttpResponseMessage[])[same, plain])
        {
            Assert.Equal(HttpStatusCode.NotModified, answer.StatusCode);
            Assert.Empty(answer.Content.Headers.ContentEncoding);
            Assert.Single(answer.Headers.Vary, "Accept-Encoding");
        }
    }

    [Fact]
    public async Task A_problem_which_may_repeat_its_request_is_not()
    {
        await using var service = await StartAsync();
        using var client = new InboxClient(service, "user-1");

        using var problem = await client.SendAsync(HttpMethod.Get, $"/v1/inbox?before={new string('x', 2000)}", null, ("Accept-Encoding", "gzip"));

        Assert.Equal(HttpStatusCode.BadRequest, problem.StatusCode);
        Assert.Empty(problem.Content.Headers.ContentEncoding);
    }

    [Fact]
    public async Task Long_answers_to_publishers_are_compressed_and_short_ones_are_not()
    {
        await using var service = await StartAsync();

        using var one = await PublishAsync(service, 1);
        using var many = await PublishAsync(service, 100);

        Assert.Empty(one.Content.Headers.ContentEncoding);
        Assert.Equal(["gzip"], many.Content.Headers.ContentEncoding);
        Assert.Contains("\"index\":99", await UnpackAsync(await many.Content.ReadAsByteArrayAsync(Cancelled), "gzip"), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("", "text/event-stream")]
    [InlineData("", "application/x-ndjson")]
    [InlineData("?wait=1s", "application/json")]
    public async Task A_stream_never_is(string query, string mediaType)
    {
        await using var service = await StartAsync();

        using var answer = await service.GetStreamAsync("user-1", query, ("Accept", mediaType), ("Accept-Encoding", "gzip, br"));

        Assert.Equal(mediaType, answer.Content.Headers.ContentType!.MediaType);
        Assert.Empty(answer.Content.Headers.ContentEncoding);
    }

    [Fact]
    public async Task Nothing_is_where_it_is_turned_off()
    {
        await using var service = await StartAsync(("Belfry__Http__Compression", "false"));
        using var client = new InboxClient(service, "user-1");

        using var page = await client.SendAsync(HttpMethod.Get, "/v1/inbox", null, ("Accept-Encoding", "gzip"));

        Assert.Equal(HttpStatusCode.OK, page.StatusCode);
        Assert.Empty(page.Content.Headers.ContentEncoding);
    }

    private static async Task<HttpResponseMessage> PublishAsync(Service service, int events)
    {
        using var http = new HttpClient();
        using var request = new HttpRequestMessage(HttpMethod.Post, new Uri(service.Process.Url, "/v1/events"));
        request.Headers.Add("X-API-Key", Service.ApiKey);
        request.Headers.Add("Accept-Encoding", "gzip");
        request.Content = JsonContent.Create([.. Enumerable.Range(0, events).Select(_ => Service.Event("user-1"))], ContractsJson.Default.ListPublishEvent);
        return await http.SendAsync(request, Cancelled);
    }

    private static async Task<string> UnpackAsync(byte[] bytes, string encoding)
    {
        using var packed = new MemoryStream(bytes);
        await using Stream unpacked = encoding == "br" ? new BrotliStream(packed, CompressionMode.Decompress) : new GZipStream(packed, CompressionMode.Decompress);
        using var reader = new StreamReader(unpacked);
        return await reader.ReadToEndAsync(Cancelled);
    }

    private async Task<Service> StartAsync(params (string Name, string Value)[] settings) =>
        await Service.StartAsync(await shared.CreateDatabaseAsync(Cancelled), Cancelled, settings);
}
