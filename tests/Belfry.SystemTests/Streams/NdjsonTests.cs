using System.Net;
using System.Text.Json;
using Belfry.Contracts;
using Belfry.SystemTests.Running;
using Xunit;

namespace Belfry.SystemTests.Streams;

/// <summary>The stream as lines of JSON.</summary>
public sealed class NdjsonTests(SharedPostgres shared)
{
    private const string MediaType = "application/x-ndjson";

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Lines_say_what_the_blocks_of_an_SSE_stream_say()
    {
        await using var service = await StartAsync(("Belfry__Streaming__Heartbeat", "1s"));
        await service.PublishAsync([.. Enumerable.Range(1, 3).Select(i => Service.Event("user-1", $"e{i}"))], Cancelled);
        await using var sse = service.Open("user-1", "?since=earliest");
        var expected = new List<StreamBlock>();
        while (expected.Count == 0 || expected[^1].Event != StreamEvents.CaughtUp) expected.Add(await sse.NextAsync());

        using var answer = await service.GetStreamAsync("user-1", "?since=earliest", ("Accept", MediaType));
        using var reader = new StreamReader(await answer.Content.ReadAsStreamAsync(Cancelled));
        Assert.Equal("", await ReadLineAsync(reader));
        Assert.InRange(Parse(await ReadLineAsync(reader)).GetProperty("retry").GetInt32(), 2000, 6000);
        foreach (var block in expected)
        {
            var line = Parse(await ReadLineAsync(reader));
            Assert.Equal(block.Event, Member(line, "event") ?? "");
            Assert.Equal(block.Id, Member(line, "id"));
            if (block.Event.Length > 0) Assert.Equal(block.Data, line.GetProperty("data").GetRawText());
        }

        Assert.Equal(MediaType, answer.Content.Headers.ContentType!.ToString());
        Assert.Equal(["no"], answer.Headers.GetValues("X-Accel-Buffering"));
        // Silence now: the heartbeat.
        Assert.Equal("", await ReadLineAsync(reader));
    }

    [Fact]
    public async Task A_cursor_of_the_one_form_is_followed_in_the_other()
    {
        await using var service = await StartAsync();
        await using var sse = service.Open("user-1");
        await service.PublishAsync([Service.Event("user-1", "a")], Cancelled);
        await sse.TakeAsync(1);
        await service.PublishAsync([Service.Event("user-1", "b")], Cancelled);

        using var answer = await service.GetStreamAsync("user-1", "", ("Accept", MediaType), ("Last-Event-ID", sse.Cursor!));

        using var reader = new StreamReader(await answer.Content.ReadAsStreamAsync(Cancelled));
        JsonElement line;
        do line = await NextAsync(reader);
        while (Member(line, "event") != StreamEvents.Notification);
        Assert.Equal("b", line.GetProperty("data").GetProperty("id").GetString());
    }

    [Theory]
    [InlineData("text/event-stream", "text/event-stream")]
    [InlineData("application/x-ndjson, text/event-stream", "text/event-stream")]
    [InlineData("application/x-ndjson;q=0", "text/event-stream")]
    [InlineData("text/event-stream;q=0.5, application/x-ndjson;q=0.9", MediaType)]
    [InlineData("Application/X-NDJSON, */*", MediaType)]
    [InlineData("application/json", "text/event-stream")]
    public async Task The_form_is_what_the_client_prefers(string accept, string form)
    {
        await using var service = await StartAsync();

        using var answer = await service.GetStreamAsync("user-1", "", ("Accept", accept));

        Assert.Equal(form, answer.Content.Headers.ContentType!.MediaType);
    }

    [Fact]
    public async Task Over_a_limit_it_reads_a_problem_and_a_drained_server_says_bye()
    {
        await using var service = await StartAsync(("Belfry__Streaming__ConnectionsPerUser", "1"));
        using var answer = await service.GetStreamAsync("user-1", "", ("Accept", MediaType));
        using var reader = new StreamReader(await answer.Content.ReadAsStreamAsync(Cancelled));
        using var refused = await service.GetStreamAsync("user-1", "", ("Accept", MediaType));
        Assert.Equal(HttpStatusCode.TooManyRequests, refused.StatusCode);

        await service.Process.TerminateAsync(TimeSpan.FromSeconds(15), Cancelled);

        JsonElement line;
        do line = await NextAsync(reader);
        while (Member(line, "event") != StreamEvents.Bye);
        Assert.Null(await reader.ReadLineAsync(Cancelled));
    }

    private static async Task<JsonElement> NextAsync(StreamReader reader)
    {
        string line;
        do line = await ReadLineAsync(reader);
        while (line.Length == 0);
        return Parse(line);
    }

    private static async Task<string> ReadLineAsync(StreamReader reader) =>
        await reader.ReadLineAsync(Cancelled).AsTask().WaitAsync(Patience, TimeProvider.System, Cancelled) ?? throw new EndOfStreamException();

    private static JsonElement Parse(string line) => JsonSerializer.Deserialize<JsonElement>(line);

    private static string? Member(JsonElement line, string name) => line.TryGetProperty(name, out var value) ? value.GetString() : null;

    private async Task<Service> StartAsync(params (string Name, string Value)[] settings) =>
        await Service.StartAsync(await shared.CreateDatabaseAsync(Cancelled), Cancelled, settings);
}
