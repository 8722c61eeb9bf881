using System.Buffers;
using System.Text.Json;
using Belfry.Bench;
using Belfry.Bench.Client;
using Belfry.Bench.Producers;
using Belfry.Contracts;

namespace Belfry.Tests.Bench.Producers;

public sealed class EventWriterTests
{
    private readonly UserSet _users = new(run: 7, count: 3);

    [Fact]
    public void An_event_is_what_the_contract_asks_for()
    {
        var published = JsonSerializer.Deserialize(Write(user: 2, number: 3, payload: 250), ContractsJson.Default.PublishEvent)!;

        Assert.Equal(new EventNumber(7, 2, 3).ToId(0).ToString(), published.Id);
        Assert.Equal("bench-00000007-2", published.UserId);
        Assert.Equal(("job", "job.posted", Priority.High), (published.Source, published.EventType, published.Priority));
        Assert.Equal(DateTimeOffset.UnixEpoch, published.EventTimestamp);
    }

    [Theory]
    [InlineData(EventWriter.MinPayloadBytes)]
    [InlineData(250)]
    [InlineData(10_000)]
    public void The_payload_has_the_wanted_size(int bytes)
    {
        var payload = JsonDocument.Parse(Write(user: 0, number: int.MaxValue, bytes)).RootElement.GetProperty("payload").GetRawText();

        Assert.Equal(bytes, payload.Length);
    }

    [Fact]
    public void The_checker_reads_what_was_written()
    {
        Assert.True(Received.TryRead(Write(user: 1, number: 42, payload: 100), out var received));

        Assert.Equal(42, received.Number);
        Assert.Equal(_users.Utf8NameOf(1), received.UserId);
    }

    private byte[] Write(int user, int number, int payload)
    {
        var buffer = new ArrayBufferWriter<byte>();
        new EventWriter(_users, payload).Write(buffer, user, number, intendedMicros: 0);
        return buffer.WrittenSpan.ToArray();
    }
}
