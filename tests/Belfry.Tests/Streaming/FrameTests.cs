using System.Buffers;
using System.Net.ServerSentEvents;
using System.Text;
using System.Text.Json;
using Belfry.Contracts;
using Belfry.Mailboxes;
using Belfry.Streaming;
using Belfry.Tests.Mailboxes;
using CsCheck;

namespace Belfry.Tests.Streaming;

public sealed class FrameTests
{
    private static readonly DateTime Received = new(2026, 11, 23, 10, 0, 1, DateTimeKind.Utc);

    [Fact]
    public void A_frame_is_one_block_in_the_order_event_id_data()
    {
        var frame = Frame.Of(MemoryMailboxStore.Event("u", payload: """{"a":1}"""), 7, Received, "e1");

        var lines = Encoding.UTF8.GetString(frame.Bytes.Span).Split('\n');

        Assert.Equal("event: notification", lines[0]);
        Assert.Equal("id: e1-7", lines[1]);
        Assert.StartsWith("data: {", lines[2], StringComparison.Ordinal);
        Assert.Equal(["", ""], lines[3..]);
    }

    [Fact]
    public void Whatever_the_event_holds_comes_back_through_an_SSE_parser() =>
        Gen.Select(Gen.String[Gen.Char, 1, 30], Gen.String[Gen.Char, 0, 60], Gen.Long[1, long.MaxValue - 1], Gen.Long[0, 1000]).Sample((user, text, seq, back) =>
        {
            if (HasLoneSurrogate(user) || HasLoneSurrogate(text)) return;
            var payload = $"{{\r\n  \"text\" :\n{JsonSerializer.Serialize(text)}\r}}";
            var content = MemoryMailboxStore.Event(user, payload: payload);
            var prev = Math.Max(0, seq - 1 - back);

            var buffer = new ArrayBufferWriter<byte>();
            SseWriter.Instance.WriteFrame(buffer, Frame.Of(content, seq, Received, "e1.2"), prev);
            var item = Assert.Single(SseParser.Create(new MemoryStream(buffer.WrittenSpan.ToArray())).Enumerate());
            var read = JsonSerializer.Deserialize(item.Data, ContractsJson.Default.Notification)!;

            Assert.Equal(StreamEvents.Notification, item.EventType);
            Assert.Equal($"e1.2-{seq}", item.EventId);
            Assert.Equal((content.EventId, "tests", user, "job.posted"), (read.Id, read.Source, read.UserId, read.EventType));
            Assert.Equal((seq, prev, content.NotificationId), (read.Seq, read.Prev, read.NotificationId));
            Assert.Equal(new DateTimeOffset(Received), read.ReceivedAt);
            Assert.Equal(text, read.Payload.GetProperty("text").GetString());
        });

    [Fact]
    public void A_payload_without_line_breaks_keeps_its_bytes()
    {
        const string Payload = """{ "n" : 1.0e0, "u":"\u00e9é", "x":[ ] }""";

        var frame = Frame.Of(MemoryMailboxStore.Event("u", payload: Payload), 1, Received, "e1");

        Assert.Contains($"\"payload\":{Payload},", Encoding.UTF8.GetString(frame.Bytes.Span), StringComparison.Ordinal);
    }

    [Fact]
    public void An_id_moves_and_nothing_fires()
    {
        var buffer = new ArrayBufferWriter<byte>();

        SseWriter.Instance.WriteCursor(buffer, new Cursor("e1", 5));

        Assert.Equal("id: e1-5\n\n", Encoding.UTF8.GetString(buffer.WrittenSpan));
    }

    [Theory]
    [InlineData(null, "job.posted", true)]
    [InlineData("", "job.posted", true)]
    [InlineData("*", "job.posted", true)]
    [InlineData("job.posted", "job.posted", true)]
    [InlineData("job.posted", "job.posted.again", false)]
    [InlineData("job.*", "job.posted", true)]
    [InlineData("job.*, x", "x", true)]
    [InlineData("job.*", "jobs", false)]
    public void Types_are_names_or_prefixes(string? types, string eventType, bool wanted) =>
        Assert.Equal(wanted, TypeFilter.Parse(types)?.Wants(eventType) ?? true);

    [Fact]
    public void Two_pairs_of_source_and_id_share_a_key_only_when_they_are_equal()
    {
        Assert.Equal(EventKey.Of("a", "1"), EventKey.Of("a", "1"));
        Assert.NotEqual(EventKey.Of("a", "bc"), EventKey.Of("ab", "c"));
        Assert.NotEqual(EventKey.Of("a", "0197f2a0-0000-7000-8000-000000000001"), EventKey.Of("b", "0197f2a0-0000-7000-8000-000000000001"));
    }

    [Theory]
    [InlineData("0197f2a0-1234-7000-8000-000000000001", "0197f2a0-1234-")]
    [InlineData("01ARZ3NDEKTSV4RRFFQ69G5FAV", "01563e3a-b5d3-")]
    public void Keys_of_time_ordered_ids_begin_with_their_time(string id, string begin) =>
        Assert.StartsWith(begin, EventKey.Of("s", id).ToString(), StringComparison.Ordinal);

    private static bool HasLoneSurrogate(string text)
    {
        for (var i = 0; i < text.Length; i++)
        {
            if (!char.IsSurrogate(text[i])) continue;
            if (i + 1 < text.Length && char.IsSurrogatePair(text[i], text[i + 1])) i++;
            else return true;
        }

        return false;
    }
}
