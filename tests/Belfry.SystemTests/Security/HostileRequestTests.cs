using System.Text;
using System.Text.Json;
using Belfry.Contracts;
using Belfry.SystemTests.Running;
using Belfry.Tests.Security;
using CsCheck;
using Xunit;

namespace Belfry.SystemTests.Security;

/// <summary>What nobody would send by accident, over real connections: answered in a way that fits, and what is taken is what was sent.</summary>
public sealed class HostileRequestTests
{
    private const long MostGrowth = 400L * 1024 * 1024;

    private static readonly string[] Types =
    [
        "application/json", "application/json", "application/json; charset=utf-8", "application/cloudevents+json", "application/cloudevents-batch+json",
        "application/json; charset=latin1", "text/plain", "application/json;;;=", "*/*", "\u00ff", "",
    ];

    /// <summary>And the statuses that come before the end.</summary>
    private static readonly (string Text, int[] Answers)[] NoRequests =
    [
        ("GET /livez HTTP/1.1\r\nHost: a\r\n\r\n\0\u0001garbage\r\n\r\n", [200, 400]),
        ("GET /livez HTTP/1.1\r\nHost: a\r\n\r\nGET /livez HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", [200, 400]),
        ("GET /livez HTTP/1.1\r\n\r\n", [400]),
        ("GET /livez HTTP/1.1\r\nHost: a\r\nBad Name: x\r\n\r\n", [400]),
        ("GET /livez HTTP/9.9\r\nHost: a\r\n\r\n", [505]),
        ("GET http://elsewhere.example/livez HTTP/1.1\r\nHost: a\r\n\r\n", [400]),
        ("GET /livez HTTP/1.1\r\nHost: a\r\nX: a\r\n b\r\n\r\n", [400]),
        ("POST /v1/events HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nhello", [400]),
        ("POST /v1/events HTTP/1.1\r\nHost: a\r\nContent-Length: -1\r\n\r\n", [400]),
        ("POST /v1/events HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip, x\r\n\r\n", [400]),
        ("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", []),
        ("\u0016\u0003\u0001\u0002\u0000\u0001\u0000\u0001\u00fc\u0003\u0003", [400]),
    ];

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Events_of_any_bytes_are_answered_and_what_is_accepted_arrives_as_it_was_sent()
    {
        await using var service = await Service.StartAsync(postgres: null, Cancelled);
        var before = service.Process.ReadUsage().ResidentBytes;
        var (sent, connection) = (new Dictionary<(string User, long Seq), string>(), await RawConnection.OpenAsync(service.Process.Url, Cancelled));

        await Fuzz.SampleAsync(
            Gen.Select(FuzzedEvents.Bodies, Gen.OneOf<string>(Types)),
            600,
            async input =>
            {
                var (body, type) = input;
                await connection.SendAsync($"POST /v1/events HTTP/1.1\r\nHost: a\r\nX-API-Key: {Service.ApiKey}\r\nContent-Type: {type}\r\nContent-Length: {body.Length}\r\n\r\n", Cancelled);
                await connection.SendAsync(body, Cancelled);
                var answer = await connection.ReadAnswerAsync(Cancelled);

                Assert.NotNull(answer);
                answer.DemandFit();
                if (answer.IsSuccess) Note(answer.Body, body, type, sent);
                if (!answer.Ends) return;

                // Only what is no request at all may cost the connection.
                Assert.Equal("", answer.Body);
                await connection.DisposeAsync();
                connection = await RawConnection.OpenAsync(service.Process.Url, Cancelled);
            },
            input => $"{input.Item2}\n{FuzzedEvents.Print(input.Item1)}",
            Cancelled);

        await connection.DisposeAsync();
        Assert.NotEmpty(sent);
        foreach (var user in sent.GroupBy(entry => entry.Key.User)) await DemandStreamAsync(service, user.Key, user.ToDictionary(entry => entry.Key.Seq, entry => entry.Value));
        Assert.InRange(service.Process.ReadUsage().ResidentBytes - before, long.MinValue, MostGrowth);
        Assert.DoesNotContain("fail:", service.Process.ReadLog(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Cursors_and_queries_of_any_bytes_are_answered()
    {
        await using var service = await Service.StartAsync(postgres: null, Cancelled);
        await service.PublishAsync([Service.Event("user-1")], Cancelled);
        var piece = Gen.OneOf(
            Gen.OneOf<string>("since=", "types=", "last_event_id=", "earliest", "latest", "&", "=", "*", ",", "%00", "%ED%A0%80", "%C3%28", "%", "%zz", "+", "%2526", "..", "0123-7", "a-99999999999999999999", "\u00e9", "a.b-1", "#", "?", ";"),
            Gen.OneOf<string>(new string('a', 300), string.Join(',', Enumerable.Repeat("job.*", 1000)), new string('%', 50)),
            Gen.Char['\u0021', '\u00ff'].Array[0, 4].Select(chars => new string(chars)));

        await Fuzz.SampleAsync(
            Gen.Select(piece.Array[0, 8].Select(string.Concat), piece.Array[0, 3].Select(string.Concat), Gen.Int[0, 9]),
            400,
            async input =>
            {
                var (query, cursor, which) = input;
                await using var connection = await RawConnection.OpenAsync(service.Process.Url, Cancelled);
                var line = which == 0 ? $"GET /{query} HTTP/1.1" : $"GET /v1/stream?{query} HTTP/1.1";
                var resume = which > 4 ? $"Last-Event-ID: {cursor}\r\n" : "";
                await connection.SendAsync($"{line}\r\nHost: a\r\nAuthorization: Bearer {Service.TokenFor("user-1")}\r\n{resume}\r\n", Cancelled);
                var answer = await connection.ReadAnswerAsync(Cancelled);

                Assert.NotNull(answer);
                answer.DemandFit();
                if (answer.IsSuccess && which != 0) Assert.Equal("text/event-stream", answer.HeaderOf("Content-Type"));
            },
            input => $"{input.Item1}\n{input.Item2}\n{input.Item3}",
            Cancelled);

        Assert.DoesNotContain("fail:", service.Process.ReadLog(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_is_no_request_ends_its_connection_and_nothing_else()
    {
        await using var service = await Service.StartAsync(postgres: null, Cancelled);
        foreach (var (text, answers) in NoRequests)
        {
            await using var connection = await RawConnection.OpenAsync(service.Process.Url, Cancelled);
            await connection.SendAsync(text, Cancelled);
            foreach (var status in answers) Assert.True(status == (await connection.ReadAnswerAsync(Cancelled))?.Status, text);
            connection.EndSending();

            await connection.ReadToEndAsync(TimeSpan.FromSeconds(20), Cancelled);
        }

        await service.PublishAsync([Service.Event("user-1")], Cancelled);
    }

    [Fact]
    public async Task A_body_with_two_lengths_is_one_request()
    {
        // Behind a proxy that believes the other length, what follows would be somebody else's request.
        const string smuggled = "GET /livez HTTP/1.1\r\nHost: a\r\n\r\n";
        await using var service = await Service.StartAsync(postgres: null, Cancelled);
        await using var connection = await RawConnection.OpenAsync(service.Process.Url, Cancelled);

        await connection.SendAsync($"POST /v1/events HTTP/1.1\r\nHost: a\r\nContent-Length: {5 + smuggled.Length}\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n{smuggled}", Cancelled);

        Assert.InRange((await connection.ReadAnswerAsync(Cancelled))!.Status, 400, 401);
        Assert.Null(await connection.ReadAnswerAsync(Cancelled));
    }

    /// <summary>Keeps what was stored for the first time, to be compared with what arrives.</summary>
    private static void Note(string answer, byte[] body, string type, Dictionary<(string, long), string> sent)
    {
        var isCloudEvent = type.StartsWith("application/cloudevents", StringComparison.Ordinal);
        foreach (var accepted in JsonSerializer.Deserialize(answer, ContractsJson.Default.PublishAnswer)!.Accepted)
        {
            if (accepted is { Duplicate: false, UserId: { } user, Seq: { } seq }) sent.Add((user, seq), PayloadOracle.PayloadOf(body, accepted.Index, isCloudEvent));
        }
    }

    private static async Task DemandStreamAsync(Service service, string user, Dictionary<long, string> sent)
    {
        await using var client = service.Open(user, "?since=earliest");
        var left = sent.Count;
        while (left > 0)
        {
            var block = await client.NextAsync(StreamEvents.Notification);
            if (!sent.TryGetValue(block.Notification.Seq, out var payload)) continue;

            left--;
            using var read = JsonDocument.Parse(block.Data, new JsonDocumentOptions { MaxDepth = 200 });
            Assert.Equal(Encoding.UTF8.GetBytes(payload.Replace("\r", "", StringComparison.Ordinal).Replace("\n", "", StringComparison.Ordinal)), Encoding.UTF8.GetBytes(read.RootElement.GetProperty("payload").GetRawText()));
        }
    }
}
