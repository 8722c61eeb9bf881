using System.Net;
using System.Text.Json;
using Belfry.Contracts;
using Xunit;

namespace Belfry.SystemTests.Ingest;

public sealed class PublishTests(SharedPostgres postgres) : IAsyncLifetime
{
    private const string Traceparent = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";

    private TestServer _server = null!;

    public async ValueTask InitializeAsync()
    {
        _server = await TestServer.StartAsync(await postgres.CreateDatabaseAsync(TestContext.Current.CancellationToken));
        await _server.OpenedAsync();
    }

    public async ValueTask DisposeAsync()
    {
        if (_server is not null) await _server.DisposeAsync();
    }

    [Fact]
    public async Task What_is_accepted_is_committed_when_the_answer_comes()
    {
        using var answer = await _server.PublishAsync("""{"id":"e-1","user_id":"u","event_type":"t","payload": {"a" : "\u00fc"}}""");

        Assert.Equal(HttpStatusCode.Accepted, answer.StatusCode);
        Assert.Equal("application/json", answer.Content.Headers.ContentType?.MediaType);
        var accepted = Assert.Single((await TestServer.ReadAsync(answer)).GetProperty("accepted").EnumerateArray());
        Assert.Equal("""{"index":0,"id":"e-1","user_id":"u","seq":1,"duplicate":false}""", accepted.GetRawText());
        Assert.Equal("""job-service {"a" : "\u00fc"}""", await _server.QueryAsync("SELECT source || ' ' || payload FROM belfry.notifications"));
    }

    [Fact]
    public async Task Answers_stand_in_request_order_and_a_bad_item_does_not_spoil_the_good_ones()
    {
        using var answer = await _server.PublishAsync("""
            [{"id":"a","user_id":"u1","event_type":"t"},
             {"id":"b","event_type":"t"},
             {"id":"c","user_ids":["u2","u1","u3"],"event_type":"t"},
             {"id":"d","user_id":"u1","event_type":"t","expires_at":"never"},
             {"id":"a","user_id":"u1","event_type":"t"}]
            """);

        Assert.Equal(HttpStatusCode.Accepted, answer.StatusCode);
        var body = await TestServer.ReadAsync(answer);
        Assert.Equal(
            ["0 a u1 1 False", "2 c u2 1 False", "2 c u1 2 False", "2 c u3 1 False", "4 a u1 1 True"],
            body.GetProperty("accepted").EnumerateArray().Select(Describe));
        Assert.Equal(
            [(1, ProblemTypes.InvalidField), (3, ProblemTypes.InvalidField)],
            body.GetProperty("rejected").EnumerateArray().Select(r => (r.GetProperty("index").GetInt32(), r.GetProperty("problem").GetProperty("type").GetString())));

        static string Describe(JsonElement a) =>
            $"{a.GetProperty("index")} {a.GetProperty("id")} {a.GetProperty("user_id")} {a.GetProperty("seq")} {a.GetProperty("duplicate")}";
    }

    [Fact]
    public async Task A_large_request_over_all_lanes_is_answered_whole()
    {
        var items = string.Join(',', Enumerable.Range(0, 1000).Select(n => $$"""{"id":"{{n}}","user_id":"u{{n % 37}}","event_type":"t"}"""));

        using var answer = await _server.PublishAsync($"[{items}]");

        var accepted = (await TestServer.ReadAsync(answer)).GetProperty("accepted").EnumerateArray().ToList();
        Assert.Equal(Enumerable.Range(0, 1000), accepted.Select(a => a.GetProperty("index").GetInt32()));
        foreach (var user in accepted.GroupBy(a => a.GetProperty("user_id").GetString()))
        {
            Assert.Equal(Enumerable.Range(1, user.Count()).Select(n => (long)n), user.Select(a => a.GetProperty("seq").GetInt64()));
        }
    }

    [Fact]
    public async Task When_nothing_was_accepted_the_answer_is_a_problem_with_the_reasons()
    {
        using var answer = await _server.PublishAsync("""[{"event_type":"t"},{"user_id":"u","event_type":"t","payload":"\u0000"}]""");

        var problem = await ProblemAsync(answer, HttpStatusCode.BadRequest, ProblemTypes.NothingAccepted);
        Assert.Equal(
            [ProblemTypes.InvalidField, ProblemTypes.InvalidPayload],
            problem.GetProperty("rejected").EnumerateArray().Select(r => r.GetProperty("problem").GetProperty("type").GetString()));
        Assert.Equal(0L, await _server.QueryAsync("SELECT count(*) FROM belfry.notifications"));
    }

    [Fact]
    public async Task A_payload_that_is_too_large_is_a_rejected_item_and_a_body_that_is_too_large_a_problem()
    {
        var large = new string('x', 70_000);
        using var item = await _server.PublishAsync($$"""[{"user_id":"u","event_type":"t","payload":"{{large}}"},{"user_id":"u","event_type":"t"}]""");
        var rejected = Assert.Single((await TestServer.ReadAsync(item)).GetProperty("rejected").EnumerateArray()).GetProperty("problem");
        Assert.Equal(413, rejected.GetProperty("status").GetInt32());

        using var body = await _server.PublishAsync($$"""{"user_id":"u","event_type":"t","more":"{{new string('x', 1024 * 1024)}}"}""");
        await ProblemAsync(body, HttpStatusCode.RequestEntityTooLarge, ProblemTypes.TooLarge);

        using var many = await _server.PublishAsync($"[{string.Join(',', Enumerable.Repeat("""{"user_id":"u","event_type":"t"}""", 1001))}]");
        await ProblemAsync(many, HttpStatusCode.RequestEntityTooLarge, ProblemTypes.TooLarge);
    }

    [Theory]
    [InlineData("[", "application/json", HttpStatusCode.BadRequest, ProblemTypes.Malformed)]
    [InlineData("[]", "application/json", HttpStatusCode.BadRequest, ProblemTypes.Malformed)]
    [InlineData("{}", "text/plain", HttpStatusCode.UnsupportedMediaType, ProblemTypes.UnsupportedMediaType)]
    [InlineData("{}", "application/json; charset=latin1", HttpStatusCode.UnsupportedMediaType, ProblemTypes.UnsupportedMediaType)]
    public async Task What_cannot_be_read_is_a_problem(string body, string mediaType, HttpStatusCode status, string type)
    {
        using var answer = await _server.PublishAsync(body, mediaType);

        var problem = await ProblemAsync(answer, status, type);
        if (status == HttpStatusCode.BadRequest) Assert.Empty(problem.GetProperty("rejected").EnumerateArray());
    }

    [Fact]
    public async Task Cloud_events_come_alone_and_in_batches()
    {
        const string one = """{"specversion":"1.0","id":"1","source":"/jobs","type":"t","subject":"u","level":3,"data":{"a":1}}""";
        using var single = await _server.PublishAsync(one, "application/cloudevents+json; charset=UTF-8");
        Assert.Equal(HttpStatusCode.Accepted, single.StatusCode);

        using var batch = await _server.PublishAsync($"[{one},{one.Replace("\"1\"", "\"2\"", StringComparison.Ordinal)}]", "application/cloudevents-batch+json");
        Assert.Equal([true, false], (await TestServer.ReadAsync(batch)).GetProperty("accepted").EnumerateArray().Select(a => a.GetProperty("duplicate").GetBoolean()));
        Assert.Equal("""{"level":3}""", await _server.QueryAsync("SELECT attributes::text FROM belfry.notifications WHERE event_id = '1'"));
    }

    [Fact]
    public async Task A_cloud_event_may_stand_in_headers()
    {
        (string, string)[] headers = [("ce-specversion", "1.0"), ("ce-id", "1"), ("ce-source", "/jobs"), ("ce-type", "t"), ("ce-subject", "Z%C3%BCrich%20%2525"), ("ce-level", "3")];
        using var answer = await _server.PublishAsync("""{"a" : 1}""", headers: headers);
        using var refused = await _server.PublishAsync("<a/>", "text/xml", headers);

        Assert.Equal(HttpStatusCode.Accepted, answer.StatusCode);
        Assert.Equal("""/jobs Zürich %25 {"a" : 1} {"level":"3"}""", await _server.QueryAsync("SELECT concat_ws(' ', source, user_id, payload, attributes) FROM belfry.notifications"));
        var problem = await ProblemAsync(refused, HttpStatusCode.BadRequest, ProblemTypes.NothingAccepted);
        Assert.Equal(ProblemTypes.NotSupported, problem.GetProperty("rejected")[0].GetProperty("problem").GetProperty("type").GetString());
    }

    [Fact]
    public async Task The_requests_trace_goes_on_in_events_that_have_none_of_their_own()
    {
        using var traced = await _server.PublishAsync("""[{"id":"1","user_id":"u","event_type":"t"}]""", headers: ("traceparent", Traceparent));
        using var plain = await _server.PublishAsync("""[{"id":"2","user_id":"u","event_type":"t"}]""");

        var stored = (string)(await _server.QueryAsync("SELECT traceparent FROM belfry.notifications WHERE event_id = '1'"))!;
        Assert.StartsWith(Traceparent[..35], stored, StringComparison.Ordinal);
        Assert.IsType<DBNull>(await _server.QueryAsync("SELECT traceparent FROM belfry.notifications WHERE event_id = '2'"));
    }

    [Fact]
    public async Task The_same_request_with_an_idempotency_key_is_stored_once()
    {
        const string events = """[{"user_id":"u","event_type":"t"},{"user_id":"u","event_type":"t"}]""";
        using var first = await _server.PublishAsync(events, headers: ("Idempotency-Key", "k-1"));
        using var again = await _server.PublishAsync(events, headers: ("Idempotency-Key", "k-1"));

        Assert.Equal(["k-1/0", "k-1/1"], (await TestServer.ReadAsync(first)).GetProperty("accepted").EnumerateArray().Select(a => a.GetProperty("id").GetString()));
        Assert.Equal(
            ["k-1/0 1 True", "k-1/1 2 True"],
            (await TestServer.ReadAsync(again)).GetProperty("accepted").EnumerateArray().Select(a => $"{a.GetProperty("id")} {a.GetProperty("seq")} {a.GetProperty("duplicate")}"));
    }

    [Fact]
    public async Task An_event_with_an_id_keeps_it_beside_an_idempotency_key()
    {
        const string events = """[{"id":"mine","user_id":"u","event_type":"t"},{"user_id":"u","event_type":"t"}]""";
        using var answer = await _server.PublishAsync(events, headers: ("Idempotency-Key", "\"k-2\""));

        Assert.Equal(["mine", "k-2/1"], (await TestServer.ReadAsync(answer)).GetProperty("accepted").EnumerateArray().Select(a => a.GetProperty("id").GetString()));
    }

    [Fact]
    public async Task The_longest_idempotency_key_is_taken_and_a_longer_one_is_a_problem()
    {
        const string events = """{"user_id":"u","event_type":"t"}""";
        using var first = await _server.PublishAsync(events, headers: ("Idempotency-Key", new string('k', 255)));
        using var again = await _server.PublishAsync(events, headers: ("Idempotency-Key", new string('k', 255)));
        using var longer = await _server.PublishAsync(events, headers: ("Idempotency-Key", new string('k', 256)));

        Assert.Equal(HttpStatusCode.Accepted, first.StatusCode);
        Assert.True((await TestServer.ReadAsync(again)).GetProperty("accepted")[0].GetProperty("duplicate").GetBoolean());
        var problem = await ProblemAsync(longer, HttpStatusCode.BadRequest, ProblemTypes.InvalidField);
        Assert.Empty(problem.GetProperty("rejected").EnumerateArray());
    }

    [Fact]
    public async Task A_body_whose_length_is_not_said_is_read_as_well()
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, "/v1/events") { Content = new ChunkedContent(50_000, 10) };
        using var answer = await _server.Client.SendAsync(request, TestContext.Current.CancellationToken);
        Assert.Equal(HttpStatusCode.Accepted, answer.StatusCode);

        using var larger = new HttpRequestMessage(HttpMethod.Post, "/v1/events") { Content = new ChunkedContent(50_000, 22) };
        using var refused = await _server.Client.SendAsync(larger, TestContext.Current.CancellationToken);
        await ProblemAsync(refused, HttpStatusCode.RequestEntityTooLarge, ProblemTypes.TooLarge);
    }

    [Fact]
    public async Task Whatever_the_door_lets_in_can_be_cast_to_jsonb()
    {
        // Each of these is at the edge of what jsonb takes.
        string[] payloads =
        [
            "1e131071", "-1e131071", "1e-16383", "0e400000", "9.999e131071", "0.000e-16380", "12345678901234567890e131052",
            new string('9', 60_000), "0." + new string('1', 16_383), "\"\\ud83d\\ude00\\u0001\\uffff\"", "\"\uFFFF\u007f\"", "{\"\":{\"\":[]}}",
            new string('[', 64) + new string(']', 64), "{\"a\":1,\"a\":2}", " \"x\" ",
        ];
        var items = string.Join(',', payloads.Select((payload, n) => $$"""{"id":"{{n}}","user_id":"u","event_type":"t","payload":{{payload}}}"""));

        using var answer = await _server.PublishAsync($"[{items}]");

        Assert.Equal(payloads.Length, (await TestServer.ReadAsync(answer)).GetProperty("accepted").GetArrayLength());
        Assert.Equal((long)payloads.Length, await _server.QueryAsync("SELECT count(payload::jsonb) FROM belfry.notifications"));
    }

    private static async Task<JsonElement> ProblemAsync(HttpResponseMessage answer, HttpStatusCode status, string type)
    {
        Assert.Equal(status, answer.StatusCode);
        Assert.Equal("application/problem+json", answer.Content.Headers.ContentType?.MediaType);
        var problem = await TestServer.ReadAsync(answer);
        Assert.Equal(type, problem.GetProperty("type").GetString());
        Assert.Equal((int)status, problem.GetProperty("status").GetInt32());
        return problem;
    }

    /// <summary>An array of events in many pieces, sent without a length.</summary>
    private sealed class ChunkedContent : HttpContent
    {
        private readonly int _size;
        private readonly int _count;

        public ChunkedContent(int size, int count)
        {
            _size = size;
            _count = count;
            Headers.ContentType = new("application/json");
        }

        protected override async Task SerializeToStreamAsync(Stream stream, TransportContext? context)
        {
            for (var n = 0; n < _count; n++)
            {
                var item = $$"""{{(n == 0 ? '[' : ',')}}{"user_id":"u{{n}}","event_type":"t","payload":"{{new string('x', _size)}}"}""";
                await stream.WriteAsync(System.Text.Encoding.UTF8.GetBytes(item));
                await stream.FlushAsync();
            }

            await stream.WriteAsync("]"u8.ToArray());
        }

        protected override bool TryComputeLength(out long length)
        {
            length = 0;
            return false;
        }
    }
}
